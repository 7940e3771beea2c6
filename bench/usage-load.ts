import { randomBytes, randomInt } from 'node:crypto'
import { Agent, request } from 'node:http'
import { benchCard } from './ledger-fleet.ts'

export type Load = { records: number; chargedMinor: bigint; perSecond: number; p50Ms: number; p99Ms: number }

type Wanted = {
  url: string
  token: string
  accounts: number
  perBatch: number
  senders: number
  seconds: number
}

/**
 * Batches of usage over HTTP, each sender sending its next when the last is answered. A batch's time is from its first
 * byte to the last of its answer. Throws where a record is answered with anything but that it was charged.
 */
export async function sendUsage(wanted: Wanted): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: wanted.senders })
  const times: number[] = []
  let records = 0
  let chargedMinor = 0n
  const started = performance.now()
  const until = started + wanted.seconds * 1000
  const sender = async () => {
    while (performance.now() < until) {
      const body = makeBatch(wanted)
      const sent = performance.now()
      const answer = await post(agent, wanted, body)
      times.push(performance.now() - sent)
      chargedMinor += chargedIn(answer, wanted.perBatch)
      records += wanted.perBatch
    }
  }
  await Promise.all(Array.from({ length: wanted.senders }, sender))
  const perSecond = (records * 1000) / (performance.now() - started)
  agent.destroy()
  times.sort((a, b) => a - b)
  const quantile = (q: number) => times[Math.min(times.length - 1, Math.floor(times.length * q))]!
  return { records, chargedMinor, perSecond, p50Ms: quantile(0.5), p99Ms: quantile(0.99) }
}

/** Written by hand, because what makes the load takes its time from what is measured. */
function makeBatch({ accounts, perBatch }: Wanted): string {
  const usedAt = new Date().toISOString()
  const run = randomBytes(9).toString('base64url')
  let text = '{"records":['
  for (let at = 0; at < perBatch; at++) {
    const card = benchCard(randomInt(1, accounts + 1))
    text += `${at === 0 ? '' : ','}{"recordId":"${run}.${at}","cardId":"${card}","kind":"data","quantity":1,"zone":"JP","usedAt":"${usedAt}"}`
  }
  return `${text}]}`
}

function post(agent: Agent, { url, token }: Wanted, body: string): Promise<string> {
  return new Promise((done, fail) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    }
    const sent = request(`${url}/api/v1/usage`, { method: 'POST', agent, headers }, (answer) => {
      const parts: Buffer[] = []
      answer.on('data', (part: Buffer) => void parts.push(part))
      answer.on('end', () => {
        const text = Buffer.concat(parts).toString()
        if (answer.statusCode === 200) done(text)
        else fail(new Error(`POST /api/v1/usage answered ${answer.statusCode}: ${text.slice(0, 300)}`))
      })
      answer.on('error', fail)
    })
    sent.on('error', fail)
    sent.end(body)
  })
}

function chargedIn(answer: string, expected: number): bigint {
  let charged = 0n
  let seen = 0
  // Not parsed: the reader would take a core that the server needs.
  for (const match of answer.matchAll(/"outcome":"([a-z_]+)"[^{}]*"charged":\{"amount":"(\d+)"/g)) {
    if (match[1] !== 'charged') throw new Error(`a record was answered ${match[0]}`)
    charged += BigInt(match[2]!)
    seen++
  }
  if (seen !== expected)
    throw new Error(`${seen} of ${expected} records were charged: ${answer.slice(0, 400)}`)
  return charged
}
