import { Worker } from 'node:worker_threads'
import type { DocumentContent } from './content.ts'
import type { Pages } from './press.ts'
import type { Answered, Asked, Work } from './typeset-thread.ts'
import { TypesetError } from './typeset-error.ts'

type Pdf = Uint8Array<ArrayBuffer>
type Waiting = { resolve: (pdf: Pdf) => void; reject: (error: Error) => void }
type Press = { thread: Worker; waiting: Map<number, Waiting>; next: number }
// Two, so that nobody who declares waits behind a statement of fifty pages.
const presses: { letters?: Press; long?: Press } = {}

/**
 * Typesets on a thread of its own, one a process, documents in the order they came. Throws TypesetError where the
 * template is broken or the thread died over it; the next document gets a new thread.
 */
export function typesetAside(content: DocumentContent, jws: string): Promise<Pdf> {
  return ask(readyPress(), { content, jws })
}

/** Starts the thread before it is needed: whoever declares first shall not wait for the fonts to be read. */
export function readyPress(): Press {
  presses.letters ??= startThread('letters')
  return presses.letters
}

/** Documents of many pages that wait in one process; each takes a second or so. */
export const long_waiting_at_most = 8

/**
 * Prints a document of many pages on another thread. Undefined where too many wait already: whoever asks has to say so.
 * Throws as typesetAside.
 */
export function printLongAside(pages: Pages): Promise<Pdf> | undefined {
  presses.long ??= startThread('long')
  return presses.long.waiting.size < long_waiting_at_most ? ask(presses.long, { pages }) : undefined
}

function ask(open: Press, work: Work): Promise<Pdf> {
  const { thread, waiting } = open
  const id = open.next++
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject })
    // An idle thread holds no process back from ending; one at work does.
    thread.ref()
    thread.postMessage({ id, work } satisfies Asked)
  })
}

function startThread(which: keyof typeof presses): Press {
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
    if (presses[which] === made) delete presses[which]
    for (const asked of waiting.values()) asked.reject(new TypesetError(why))
    waiting.clear()
  }
  thread.on('error', (error) => end(error.message))
  thread.on('exit', () => end('the typesetting thread ended'))
  // After the listeners, the first of which would hold the process again.
  thread.unref()
  return made
}
