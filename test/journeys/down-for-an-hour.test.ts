import { afterAll, beforeAll, expect, it } from 'vitest'
import { declareClosure } from '../../src/closure/declare.ts'
import { proveIdentity, sendIdentifyCode } from '../../src/closure/prove-identity.ts'
import { readClosure } from '../../src/closure/read-closure.ts'
import { watchDeadlines } from '../../src/closure/watch-deadlines.ts'
import { putIssuer } from '../../src/issuer/issuer.ts'
import { inIssuer } from '../../src/platform/db.ts'
import type { FailureSwitch } from '../../sim/failures.ts'
import { type Outside, openOutside } from '../outside.ts'
import { seedCard, type Seeded } from '../seed.ts'

/**
 * One provider after the other is down for an hour, by the clock that is moved, and the deadline passes meanwhile. The
 * closure waits, says so, and ends by itself; nobody looks at it but its own queued looks.
 */

const hour_ms = 3_600_000
const longest_pause_ms = 300_000

let leb: Outside
beforeAll(async () => {
  // Ahead of the database's own clock, by which a look that is wanted at once is queued: it is due by this one then.
  leb = await openOutside({ start: '2036-03-03T10:00:00Z' })
  const issuer = leb.issuers.find((one) => one.issuerId === 'leb')!
  // Between freeze and settlement lies a pause, in which the network can go down after it suspended the line.
  await putIssuer(leb.db, { ...issuer, rules: { ...issuer.rules, drain_seconds: 60 } }, leb.clock.now())
})
afterAll(() => leb.stop())

type Down = { what: string; failures: () => FailureSwitch; waitsAt: string; after?: 'freeze' }
const downs: Down[] = [
  { what: 'the network', failures: () => leb.world.sims.line.failures, waitsAt: 'freeze' },
  { what: 'the payment provider', failures: () => leb.world.sims.payment.failures, waitsAt: 'pay_out' },
  {
    what: 'the network, once it has suspended the line,',
    failures: () => leb.world.sims.line.failures,
    waitsAt: 'cut_line',
    after: 'freeze',
  },
  { what: 'the SM-DP+', failures: () => leb.world.sims.esim.failures, waitsAt: 'retire_esim' },
]

it.each(downs)('waits for an hour while $what is down, tells of it, and ends once', async (down) => {
  const email = `${down.waitsAt.replace('_', '-')}@example.com`
  const card = await seedCard(leb, { email, expiresAt: new Date('2037-01-30T00:00:00Z') })
  const closureId = await declaredAndProved(card)
  if (down.after === 'freeze') await work(closureId)
  down.failures().set({ mode: 'down', forMs: hour_ms })
  const back = leb.clock.now().getTime() + hour_ms
  const { dueAt } = await view(closureId)
  expect(dueAt.getTime()).toBeLessThan(back)

  while (leb.clock.now().getTime() < back - 1_000) {
    await pass(closureId)
    const closure = await view(closureId)
    expect(['identified', 'closing']).toContain(closure.state)
    const waiting = closure.steps.find(({ step, state }) => step === down.waitsAt && state !== 'done')
    expect(waiting, 'the step that waits').toBeDefined()
    expect(await told(closureId)).toEqual(leb.clock.now() > dueAt ? { late: 1, late_support: 1 } : {})
  }
  const { steps } = await view(closureId)
  expect(steps.find(({ step }) => step === down.waitsAt)?.block?.reason).toBe('provider_silent')

  while (leb.clock.now().getTime() <= back + longest_pause_ms) await pass(closureId)
  const closure = await view(closureId)
  expect(closure).toMatchObject({ state: 'closed' })
  expect(closure.toldAt).not.toBeNull()
  expect(closure.steps.some(({ block }) => block)).toBe(false)
  expect(await told(closureId)).toEqual({ late: 1, late_support: 1 })
  expect(effects(card)).toEqual({ suspended: 1, terminated: 1, refunds: 1, retired: 1 })
  // The slip, the code, that it is late, the certificate.
  expect(leb.world.sims.mail.messages(email)).toHaveLength(4)
})

/** Declared three days before, and proved half an hour before the promise ends. */
async function declaredAndProved(card: Seeded): Promise<string> {
  const { closureId } = await declareClosure(leb, {
    issuerId: 'leb',
    accountId: card.accountId,
    cardIds: [card.cardId],
    act: 'terminate',
    start: 'at_once',
    locale: 'en',
    zone: 'Asia/Tokyo',
    receivedBy: 'portal',
    identity: 'signed_in',
  })
  const { dueAt } = await view(closureId)
  leb.clock.set(new Date(dueAt.getTime() - hour_ms / 2))
  const which = { issuerId: 'leb', closureId }
  await sendIdentifyCode(leb, which)
  await leb.sendMails('leb')
  await proveIdentity(leb, { ...which, code: await leb.codeOf('leb', closureId) })
  return closureId
}

/** Three minutes, and what a worker does by then: the deadline's watch, looks that are due, mails. */
async function pass(closureId: string): Promise<void> {
  leb.clock.advance({ seconds: 180 })
  await watchDeadlines(leb)
  await work(closureId)
  await leb.sendMails('leb')
}

/** Takes the looks out of the queue that are due by now, as a worker does, until none is. */
async function work(closureId: string): Promise<void> {
  for (;;) {
    const { rowCount } = await leb.pool.query(
      `delete from pgboss.job where name = 'closure' and singleton_key = $1 and state < 'active' and start_after <= $2`,
      [`leb/${closureId}`, leb.clock.now()],
    )
    if (!rowCount) return
    await leb.look('leb', closureId)
  }
}

const view = async (closureId: string) => (await readClosure(leb, { issuerId: 'leb', closureId }))!

async function told(closureId: string): Promise<Record<string, number>> {
  const rows = await inIssuer(leb.db, 'leb', (tx) =>
    tx
      .selectFrom('notice')
      .select(['kind', (e) => e.fn.countAll<string>().as('count')])
      .where('issuer_id', '=', 'leb')
      .where('closure_id', '=', closureId)
      .where('kind', 'in', ['late', 'late_support'])
      .where('state', '=', 'sent')
      .groupBy('kind')
      .execute(),
  )
  return Object.fromEntries(rows.map(({ kind, count }) => [kind, Number(count)]))
}

function effects(card: Seeded) {
  const { line, payment, esim } = leb.world.sims
  return {
    suspended: line.effects(card.iccid, 'suspended'),
    terminated: line.effects(card.iccid, 'terminated'),
    refunds: payment.refunds(card.paymentRef).length,
    retired: esim.cancellations(card.iccid),
  }
}
