import { parentPort } from 'node:worker_threads'
import type { DocumentContent } from './content.ts'
import { forgetPrinted, openPress, type Pages, printPages } from './press.ts'
import { typeset } from './typeset.ts'

/** What typeset-aside.ts asks of this thread, and what it hears. */
export type Work = { content: DocumentContent; jws: string } | { pages: Pages }
export type Asked = { id: number; work: Work }
export type Answered = { id: number; pdf: Uint8Array<ArrayBuffer> } | { id: number; trouble: string }

// Before the first document is asked for, where there is time.
openPress()

// A thread of its own: setting a page takes some 15 ms, in which nobody else would be answered.
parentPort?.on('message', ({ id, work }: Asked) => {
  try {
    const pdf = 'pages' in work ? printLong(work.pages) : typeset(work.content, work.jws)
    parentPort!.postMessage({ id, pdf } satisfies Answered, [pdf.buffer])
  } catch (error) {
    parentPort!.postMessage({
      id,
      trouble: error instanceof Error ? error.message : 'unknown',
    } satisfies Answered)
  }
})

function printLong(pages: Pages): Uint8Array<ArrayBuffer> {
  try {
    return printPages(pages)
  } finally {
    forgetPrinted()
  }
}
