import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom } from '../sim/failures.ts'
import { openSession } from '../src/holder/session.ts'
import { inIssuer } from '../src/platform/db.ts'
import { fingerprint } from '../src/privacy/vault.ts'
import { type Planned, planClosures } from '../test/crash/workload.ts'
import type { BenchInstallation } from './installation.ts'

export type Holder = Planned & { token: string }

/** Holders with a card each, signed in before the clock starts: a code by mail is no part of what is measured. */
export async function signedInHolders(at: BenchInstallation, count: number, seed: number): Promise<Holder[]> {
  const planned = await planClosures(at, count, seededRandom(seed), 'card')
  const holders: Holder[] = []
  for (const one of planned) {
    const keys = await at.ctx.keys.vault(one.issuerId)
    const address = fingerprint(keys, 'email', one.email)
    const { token } = await inIssuer(at.ctx.db, one.issuerId, (tx) =>
      openSession(at.ctx, tx, { issuerId: one.issuerId, fingerprint: address }),
    )
    holders.push({ ...one, token })
  }
  return holders
}

/** Open loop: the next is sent when it is due, answered or not. Answers each one's ms, from when it was due, sorted. */
export async function declareAll(url: string, holders: Holder[], perSecond: number): Promise<number[]> {
  const started = performance.now()
  const sent: Promise<number>[] = []
  for (const [n, holder] of holders.entries()) {
    const due = started + (n * 1000) / perSecond
    await sleep(Math.max(0, due - performance.now()))
    sent.push(declareForSlip(url, holder, n).then(() => performance.now() - due))
  }
  return (await Promise.all(sent)).sort((a, b) => a - b)
}

export const quantile = (times: number[], q: number) =>
  times[Math.min(times.length - 1, Math.floor(times.length * q))]!

/** The slip is the answer: whoever has it in hand has asked once. */
async function declareForSlip(url: string, holder: Holder, n: number): Promise<void> {
  const slip = await ask(`${url}/api/v1/issuers/${holder.issuerId}/closures`, 'POST', {
    accept: 'application/pdf',
    authorization: `Bearer ${holder.token}`,
    'content-type': 'application/json',
    'idempotency-key': crypto.randomUUID(),
    'x-forwarded-for': `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`,
    body: JSON.stringify({
      accountId: holder.accountId,
      cards: holder.cards.map((card) => card.cardId),
      start: 'at_once',
      zone: 'Asia/Shanghai',
    }),
  })
  if (slip.status !== 201 || slip.body.subarray(0, 5).toString() !== '%PDF-')
    throw new Error(`declaration answered ${slip.status}: ${slip.body.toString().slice(0, 200)}`)
}

// Not fetch: who asks shares the two cores, and fetch takes four times as much of them.
const agent = new Agent({ keepAlive: true, maxSockets: 256 })

async function ask(
  url: string,
  method: string,
  { body, ...headers }: Record<string, string>,
): Promise<{ status: number; body: Buffer }> {
  const asked = request(url, { method, headers, agent }).end(body)
  let answer: IncomingMessage
  try {
    ;[answer] = (await once(asked, 'response')) as [IncomingMessage]
  } catch (error) {
    // The server closed the connection while it lay idle: as any client would, and the key makes it one request.
    if (asked.reusedSocket && (error as { code?: string }).code === 'ECONNRESET')
      return ask(url, method, { ...(body !== undefined && { body }), ...headers })
    throw error
  }
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer)
  return { status: answer.statusCode!, body: Buffer.concat(chunks) }
}
