import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { declareClosure } from '../../src/closure/declare.ts'
import { proveIdentity } from '../../src/closure/prove-identity.ts'
import { readClosure } from '../../src/closure/read-closure.ts'
import { putIssuer } from '../../src/issuer/issuer.ts'
import { checkBooks } from '../../src/ledger/check.ts'
import { putSampleCatalogue } from '../../src/plan/sample-catalogue.ts'
import { inIssuer } from '../../src/platform/db.ts'
import { takeUsage } from '../../src/usage/take-usage.ts'
import { type Outside, openOutside } from '../outside.ts'
import { seedCard, type Seeded } from '../seed.ts'

let leb: Outside
beforeAll(async () => {
  leb = await openOutside()
  await putSampleCatalogue(leb, ['leb'])
  const own = leb.issuers.find((issuer) => issuer.issuerId === 'leb')!
  await putIssuer(leb.db, { ...own, rules: { ...own.rules, drain_seconds: 60 } }, leb.clock.now())
})
afterAll(() => leb.stop())

const use = async (card: Seeded, usedAt: Date, quantity = 2) => {
  const record = {
    iccid: card.iccid,
    kind: 'data' as const,
    quantity,
    country: 'JP',
    usedAt: usedAt.getTime(),
  }
  const [result] = await takeUsage(leb, 'leb', [{ recordId: leb.ids.next(), ...record }])
  if (!result || !('charged' in result)) throw new Error(`not taken in: ${result?.outcome}`)
  return result
}

it('what was used before the freeze is settled with, what comes later is borne by the house, and the books add up', async () => {
  const card = await seedCard(leb)
  const before = leb.clock.now()
  await use(card, before, 512)
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
  const closing = await use(card, before)
  expect(closing.outcome).toBe('charged')
  leb.clock.advance({ seconds: 5 })
  await proveIdentity(leb, { issuerId: 'leb', closureId, code: await leb.codeOf('leb', closureId) })
  await leb.look('leb', closureId)

  const drained = await use(card, before)
  expect(drained).toMatchObject({ outcome: 'charged', charged: closing.charged })
  expect(await use(card, leb.clock.now())).toMatchObject({ outcome: 'frozen', lateUsage: closing.charged })

  leb.clock.advance({ seconds: 61 })
  await leb.look('leb', closureId)
  const view = (await readClosure(leb, { issuerId: 'leb', closureId }))!
  expect(view.state).toBe('closed')
  const spent = closing.charged.amount + drained.charged.amount
  const { rows } = await inIssuer(leb.db, 'leb', (tx) =>
    sql<{ taken: bigint }>`
      select -sum(e.amount)::bigint as taken from ledger_entry e
        join ledger_posting p using (issuer_id, posting_id) join ledger_account a using (issuer_id, account_id)
       where a.card_id = ${card.cardId} and p.reason = 'closure_settlement'`.execute(tx),
  )
  expect(rows[0]!.taken).toBe(8640n - spent)

  expect(await use(card, before)).toMatchObject({ outcome: 'late', lateUsage: closing.charged })
  expect(await use(card, leb.clock.now())).toMatchObject({ outcome: 'closed' })
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})
