import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { openFileKeys } from '../src/adapters/keys/file.ts'
import { sampleCertificate, sampleSlip } from '../src/slip/documents.fixture.ts'
import { sealDocument } from '../src/slip/seal.ts'

export type DocumentSpeed = { documents: number; perSecond: number; msPerDocument: number; rssMb: number }

/**
 * Each document differs as those of real closures do: number, card, sum, address. Typst remembers what it has set
 * before, and the same page again costs it a third (9 ms instead of 27).
 */
const documentOf = (turn: number) => {
  const signs = (turn * 7919 + 104_729).toString(36).toUpperCase().padStart(9, '0').slice(-9)
  const number = `LEB-${signs.slice(0, 4)}-${signs.slice(4)}`
  const marks = {
    number,
    accountRef: `A${signs}`,
    verifyUrl: `https://close.leb.example/v/${signs}${signs}abcd`,
  }
  const card = { iccid: `8986012${String(turn * 613).padStart(12, '0')}` }
  if (turn % 2 === 0) {
    const slip = sampleSlip(marks)
    return {
      ...slip,
      cards: slip.cards.map((one) => ({
        ...one,
        ...card,
        balance: { amount: String(turn), currency: 'CNY' },
      })),
    }
  }
  const certificate = sampleCertificate({
    ...marks,
    slip: {
      number,
      sha256: signs
        .toLowerCase()
        .replace(/[^0-9a-f]/g, 'a')
        .padEnd(64, 'f'),
    },
  })
  return {
    ...certificate,
    cards: certificate.cards.map((one) => ({
      ...one,
      ...card,
      settlement: { amount: String(turn), currency: 'CNY' },
    })),
  }
}

/** Typesets and seals slips and certificates by turns on one core and does nothing else. */
export const measureDocuments = async ({ seconds }: { seconds: number }): Promise<DocumentSpeed> => {
  const dir = await mkdtemp(join(tmpdir(), 'leb-bench-keys-'))
  try {
    const keys = await openFileKeys({ dir, now: () => new Date() })
    await keys.ensureIssuer({ id: 'leb', name: 'LEB 旅行通信' })
    const one = (turn: number) =>
      sealDocument({
        content: documentOf(turn),
        keys,
        issuerId: 'leb',
        now: new Date(),
      })
    // Fonts are read and code compiled in the first few; they are no part of the speed.
    for (let turn = 0; turn < 10; turn++) await one(turn)
    const start = performance.now()
    let documents = 0
    while (performance.now() - start < seconds * 1000) await one(documents++)
    const ms = performance.now() - start
    return {
      documents,
      perSecond: (documents * 1000) / ms,
      msPerDocument: ms / documents,
      rssMb: process.memoryUsage.rss() / 1e6,
    }
  } finally {
    await rm(dir, { recursive: true })
  }
}

const inWorker = (seconds: number): Promise<DocumentSpeed> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./documents-worker.ts', import.meta.url), { workerData: { seconds } })
    worker.once('message', resolve)
    worker.once('error', reject)
  })

/** The same on several cores at once, a worker thread each; `perSecond` is their sum. */
export const measureDocumentsOnCores = async (input: {
  seconds: number
  cores: number
}): Promise<DocumentSpeed> => {
  const each = await Promise.all(Array.from({ length: input.cores }, () => inWorker(input.seconds)))
  const sum = (pick: (speed: DocumentSpeed) => number): number =>
    each.reduce((all, one) => all + pick(one), 0)
  return {
    documents: sum((one) => one.documents),
    perSecond: sum((one) => one.perSecond),
    msPerDocument: sum((one) => one.msPerDocument) / each.length,
    rssMb: Math.max(...each.map((one) => one.rssMb)),
  }
}
