import { parentPort } from 'node:worker_threads'
import type { DocumentContent } from './content.ts'
import { openPress } from './press.ts'
import { typeset } from './typeset.ts'

/** What typeset-aside.ts asks of this thread, and what it hears. */
export type Asked = { id: number; content: DocumentContent; jws: string }
export type Answered = { id: number; pdf: Uint8Array<ArrayBuffer> } | { id: number; trouble: string }

// Before the first document is asked for, where there is time.
openPress()

// A thread of its own: setting a page takes some 15 ms, in which nobody else would be answered.
parentPort?.on('message', ({ id, content, jws }: Asked) => {
  try {
    const pdf = typeset(content, jws)
    parentPort!.postMessage({ id, pdf } satisfies Answered, [pdf.buffer])
  } catch (error) {
    parentPort!.postMessage({
      id,
      trouble: error instanceof Error ? error.message : 'unknown',
    } satisfies Answered)
  }
})
