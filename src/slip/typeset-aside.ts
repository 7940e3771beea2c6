import { Worker } from 'node:worker_threads'
import type { DocumentContent } from './content.ts'
import type { Answered, Asked } from './typeset-thread.ts'
import { TypesetError } from './typeset-error.ts'

type Waiting = { resolve: (pdf: Uint8Array) => void; reject: (error: Error) => void }
type Press = { thread: Worker; waiting: Map<number, Waiting>; next: number }
let press: Press | undefined

/**
 * Typesets on a thread of its own, one a process, documents in the order they came. Throws TypesetError where the
 * template is broken or the thread died over it; the next document gets a new thread.
 */
export function typesetAside(content: DocumentContent, jws: string): Promise<Uint8Array> {
  const open = readyPress()
  const { thread, waiting } = open
  const id = open.next++
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject })
    // An idle thread holds no process back from ending; one at work does.
    thread.ref()
    thread.postMessage({ id, content, jws } satisfies Asked)
  })
}

/** Starts the thread before it is needed: whoever declares first shall not wait for the fonts to be read. */
export function readyPress(): Press {
  press ??= startThread()
  return press
}

function startThread(): Press {
  // Bundled, both files stand side by side as they do here (bin/bundle.mjs).
  const file = import.meta.url.endsWith('.ts') ? './typeset-thread.ts' : './typeset-thread.js'
  const made: Press = { thread: new Worker(new URL(file, import.meta.url)), waiting: new Map(), next: 0 }
  const { thread, waiting } = made
  thread.on('message', (answer: Answered) => {
    const asked = waiting.get(answer.id)
    waiting.delete(answer.id)
    if (waiting.size === 0) thread.unref()
    if ('pdf' in answer) asked?.resolve(answer.pdf)
    else asked?.reject(new TypesetError(answer.trouble))
  })
  const end = (why: string) => {
    if (press === made) press = undefined
    for (const asked of waiting.values()) asked.reject(new TypesetError(why))
    waiting.clear()
  }
  thread.on('error', (error) => end(error.message))
  thread.on('exit', () => end('the typesetting thread ended'))
  // After the listeners, the first of which would hold the process again.
  thread.unref()
  return made
}
