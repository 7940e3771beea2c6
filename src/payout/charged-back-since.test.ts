import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Outside, openOutside } from '../../test/outside.ts'
import { books, closeCard, partsOf, setMoney, stateOf } from '../../test/payouts.ts'
import { openPortal, Visitor } from '../../test/portal.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { untilKept } from '../../test/unclaimed.ts'
import { nameBankAccount } from '../closure/bank-account.ts'
import { countAsChargedBack } from '../closure/charged-back.ts'
import { claimKept } from '../closure/claim-kept.ts'
import { readClosure } from '../closure/read-closure.ts'
import { inWords } from '../closure/status-command.ts'
import { stillOwed } from '../closure/still-owed.ts'
import { recordBankTransfer } from '../closure/unblock.ts'
import { findIssuer } from '../issuer/issuer.ts'
import { checkBooks } from '../ledger/check.ts'
import { lookAtPayment } from '../payment/look-at-payment.ts'
import { inIssuer } from '../platform/db.ts'
import { makePayoutFile } from './payout-file.ts'

/** A payer's bank takes back what a card was paid with after it was settled, while its money waits or is kept. */
const issuerId = 'roamly'
let leb: Outside
let portal: Awaited<ReturnType<typeof openPortal>>
beforeAll(async () => {
  leb = await openOutside({ lazyCurrency: 'eur' })
  await setMoney(leb, issuerId, {})
  portal = await openPortal(leb)
})
afterAll(async () => {
  await portal.close()
  await leb.stop()
})
let nth = 0
let email: string
beforeEach(() => {
  leb.clock.set(new Date('2026-11-22T10:00:00Z'))
  email = `taken-since-${++nth}@example.com`
})

/** Paid with €12.30, all of which is owed by transfer, since it can't go back the way it came. */
async function waiting(): Promise<{
  card: Seeded
  closureId: string
  dispute: (amount: number) => Promise<string>
}> {
  const whose = { issuerId, currency: 'EUR', residence: 'DE', email }
  const card = await seedCard(leb, { ...whose, balance: 1230n, paid: 1230n, provider: 'bank' })
  leb.world.sims.payment.seed([{ id: card.paymentRef, amount: 1230, currency: 'eur' }])
  const closureId = await closeCard(leb, card)
  await inIssuer(leb.db, issuerId, (tx) =>
    sql`update payment set provider = 'stripe' where card_id = ${card.cardId}`.execute(tx),
  )
  const dispute = async (amount: number) => {
    const { id } = leb.world.sims.payment.disputes.open(card.paymentRef, { amount })!
    await lookAtPayment(leb, { issuerId, id })
    return id
  }
  return { card, closureId, dispute }
}
const told = async (closureId: string) =>
  stillOwed((await readClosure(leb, { issuerId, closureId }))!, 'certificate').map(({ amount, standing }) => [
    standing,
    amount?.amount,
  ])
const changed = async (before: Record<string, bigint>) => {
  const after = await books(leb, issuerId, 'EUR')
  const kinds = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  const sums = kinds.map((kind) => [kind, (after[kind] ?? 0n) - (before[kind] ?? 0n)] as const)
  return Object.fromEntries(sums.filter(([, sum]) => sum !== 0n))
}

it('is set against what is kept: no claim, no sum on the paper, and staff say what it is', async () => {
  const before = await books(leb, issuerId, 'EUR')
  const { card, closureId, dispute } = await waiting()
  await untilKept(leb, issuerId, closureId)
  expect(await told(closureId)).toEqual([['kept', '1230']])
  const id = await dispute(1230)
  expect(await told(closureId)).toEqual([['in_doubt', undefined]])
  await expect(claimKept(leb, { issuerId, closureId })).rejects.toMatchObject({ code: 'payout/ask_support' })
  const { number } = (await readClosure(leb, { issuerId, closureId }))!
  const v = await new Visitor(portal.app, 'http://127.0.0.1:8460').signIn(leb, issuerId, email)
  await v.go(`/roamly/en/closures/${number}`)
  expect(v.text).toContain('Our staff has to see what is still owed')
  expect(v.text).not.toContain('Ask for it and name an account')
  expect(inWords((await readClosure(leb, { issuerId, closureId }))!)).toContain('leb payout charged-back')
  const which = { issuerId, closureId, iccid: card.iccid }
  await expect(recordBankTransfer(leb, { ...which, reference: 'T-1' })).rejects.toMatchObject({
    code: 'closure/charged_back_since',
    facts: { iccid: card.iccid },
  })
  await countAsChargedBack(leb, which)
  expect(await partsOf(leb, issuerId, closureId)).toEqual([
    'bank_transfer refused 1230 no_account_named',
    'kept refused 1230 charged_back',
    'original_payment paid 1230',
  ])
  // What nobody had lost before is lost to nobody but the payer's bank.
  expect([await told(closureId), await changed(before)]).toEqual([
    [],
    { opening: -1230n, cash_at_provider: 1230n },
  ])
  // Won after all: the holder went without it, and is owed it again.
  leb.world.sims.payment.disputes.close(id, 'won')
  await lookAtPayment(leb, { issuerId, id })
  expect((await changed(before))['unmatched_receipts']).toBe(1230n)
  expect((await checkBooks(leb)).ok).toBe(true)
})

it('counts only what the bank took, and keeps the rest for its holder', async () => {
  const { card, closureId, dispute } = await waiting()
  await untilKept(leb, issuerId, closureId)
  await dispute(1000)
  const which = { issuerId, closureId, iccid: card.iccid }
  await countAsChargedBack(leb, which)
  expect((await partsOf(leb, issuerId, closureId)).slice(-2)).toEqual([
    'original_payment paid 1000',
    'kept waiting 230',
  ])
  expect(await told(closureId)).toEqual([['kept', '230']])
  await expect(countAsChargedBack(leb, which)).rejects.toMatchObject({ code: 'closure/not_charged_back' })
  expect(await recordBankTransfer(leb, { ...which, reference: 'T-2' })).toMatchObject([{ amount: 230n }])
  expect((await checkBooks(leb)).ok).toBe(true)
})

it('pays what staff say is owed all the same', async () => {
  const { card, closureId, dispute } = await waiting()
  await untilKept(leb, issuerId, closureId)
  await dispute(1230)
  const which = { issuerId, closureId, iccid: card.iccid, reference: 'T-3' }
  await recordBankTransfer(leb, { ...which, isOwedAllTheSame: true })
  expect((await partsOf(leb, issuerId, closureId)).at(-1)).toBe('bank_transfer paid 1230')
})

it('stops a transfer that waits, also one whose account is named, before it stands in a file', async () => {
  const { card, closureId, dispute } = await waiting()
  await nameBankAccount(leb, { issuerId, closureId, iban: 'DE89370400440532013000', name: 'Li Lei' })
  await leb.look(issuerId, closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('transfer_to_send')
  const isLookedAt = async () => {
    const { rows } = await sql`delete from pgboss.job where data->>'id' = ${closureId} returning id`.execute(
      leb.db,
    )
    return rows.length > 0
  }
  await isLookedAt()
  const id = await dispute(1230)
  expect(await isLookedAt()).toBe(true)
  const issuer = (await findIssuer(leb.db, issuerId))!
  expect(await makePayoutFile(leb, issuer, issuer.providers.payouts!)).toBeNull()
  await leb.look(issuerId, closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('payout_charged_back')
  // The bank decides for us: it goes on by itself.
  leb.world.sims.payment.disputes.close(id, 'won')
  await isLookedAt()
  await lookAtPayment(leb, { issuerId, id })
  expect(await isLookedAt()).toBe(true)
  await leb.look(issuerId, closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('transfer_to_send')
  await dispute(1230)
  await leb.look(issuerId, closureId)
  await countAsChargedBack(leb, { issuerId, closureId, iccid: card.iccid })
  await leb.look(issuerId, closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
  expect((await checkBooks(leb)).ok).toBe(true)
})
