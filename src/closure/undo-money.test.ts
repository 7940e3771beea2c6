import pg from 'pg'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type Outside, openOutside } from '../../test/outside.ts'
import { addPayment, books, closeCard, partsOf, setMoney, stateOf } from '../../test/payouts.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { lockCardBalance } from '../ledger/accounts.ts'
import { checkBooks } from '../ledger/check.ts'
import { decideByHandCommand } from '../payment/by-hand-command.ts'
import { lookAtPayment } from '../payment/look-at-payment.ts'
import { inIssuer } from '../platform/db.ts'
import { declareClosure } from './declare.ts'
import { readClosure } from './read-closure.ts'
import { retryBlocked } from './unblock.ts'
import { undoClosure } from './undo.ts'

const issuerId = 'roamly'
let leb: Outside
let sim: Outside['world']['sims']['payment']
/** The tables' owner, who can make a statement of ours fail. */
let owner: pg.Pool
beforeAll(async () => {
  leb = await openOutside({ lazyCurrency: 'eur' })
  sim = leb.world.sims.payment
  owner = new pg.Pool({ connectionString: leb.databaseUrl, max: 1 })
})
afterAll(async () => {
  await owner.end()
  await leb.stop()
})

const money = { issuerId, currency: 'EUR', residence: 'DE' }
const balanceOf = ({ cardId }: Seeded) =>
  inIssuer(leb.db, issuerId, async (tx) => (await lockCardBalance(tx, { issuerId, cardId })).amount)

it('gives several parts back to the cent, with no part sent', async () => {
  const card = await seedCard(leb, { ...money, balance: 2_750n, paid: 2_000n })
  const refs = [card.paymentRef, 'pi_second_eur_1', 'pi_third_eur_1']
  await addPayment(leb, card, { ref: refs[1]!, amount: 500n, currency: 'EUR', day: 2 })
  await addPayment(leb, card, { ref: refs[2]!, amount: 300n, currency: 'EUR', day: 3 })
  leb.clock.advance({ hours: 1 })
  const before = await books(leb, issuerId, 'EUR')
  // Goodwill of a cent that staff have to explain first: everything is settled and planned, and nothing is asked.
  sim.seed([{ id: refs[0]!, amount: 2_000, currency: 'eur' }])
  const { id: refund } = sim.refundByHand(refs[0]!, 1)
  await lookAtPayment(leb, { issuerId, id: `refunds:${refs[0]}` })
  leb.clock.advance({ hours: 1 })
  const closureId = await closeCard(leb, card)
  expect(await stateOf(leb, issuerId, closureId)).toBe('refunded_by_hand')
  expect(await partsOf(leb, issuerId, closureId)).toEqual([
    'original_payment waiting 300',
    'original_payment waiting 500',
    'original_payment waiting 1950',
  ])
  expect(await balanceOf(card)).toBe(0n)
  await undoClosure(leb, { issuerId, closureId })
  expect(await balanceOf(card)).toBe(2_750n)
  expect(await partsOf(leb, issuerId, closureId)).toEqual([
    'original_payment refused 300 undone',
    'original_payment refused 500 undone',
    'original_payment refused 1950 undone',
  ])
  expect(refs.flatMap((ref) => sim.refunds(ref)).map(({ amount }) => amount)).toEqual([1])
  const after = await books(leb, issuerId, 'EUR')
  expect(after['refunds_payable'] ?? 0n).toBe(before['refunds_payable'] ?? 0n)
  expect(after['holder_balance']).toBe(before['holder_balance'])
  // And it can be closed for good: every payment has its room again.
  await decideByHandCommand(leb, { refund, decision: 'besides', out: () => undefined })
  await leb.look(issuerId, closureId)
  const again = await closeCard(leb, card)
  expect(await stateOf(leb, issuerId, again)).toBe('closed')
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})

it('gives a settlement back whose money was too little to be sent', async () => {
  await setMoney(leb, issuerId, { minimum_payout: { EUR: '500' } })
  const card = await seedCard(leb, { ...money, balance: 70n, paid: 2_000n })
  const before = await books(leb, issuerId, 'EUR')
  await owner.query(`create function no_return_yet() returns trigger language plpgsql as $$
    begin raise exception 'not yet' using errcode = 'XX000'; end $$`)
  await owner.query(`create trigger no_return_yet before update on closure for each row
    when (old.no_return_at is null and new.no_return_at is not null) execute function no_return_yet()`)
  const declared = await closeCard(leb, card, { start: 'after_undo_window' })
  leb.clock.advance({ hours: 2 })
  await expect(leb.look(issuerId, declared)).rejects.toThrow('not yet')
  await owner.query('drop trigger no_return_yet on closure')
  expect(await partsOf(leb, issuerId, declared)).toEqual(['kept waiting 70'])
  expect(await balanceOf(card)).toBe(0n)
  await undoClosure(leb, { issuerId, closureId: declared })
  expect(await balanceOf(card)).toBe(70n)
  expect(await partsOf(leb, issuerId, declared)).toEqual(['kept refused 70 undone'])
  expect(await books(leb, issuerId, 'EUR')).toEqual(before)
  await setMoney(leb, issuerId, {})
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})

/** Frozen, undone before anything that can't be, and then the network refuses to switch the line on again. */
async function frozenAndUndone(card: Seeded): Promise<string> {
  await owner.query(`create trigger no_return_yet before update on closure for each row
    when (old.no_return_at is null and new.no_return_at is not null) execute function no_return_yet()`)
  const first = await closeCard(leb, card, { start: 'after_undo_window' })
  leb.clock.advance({ hours: 2 })
  await leb.look(issuerId, first).catch(() => undefined)
  leb.clock.advance({ hours: 1 })
  await leb.look(issuerId, first).catch(() => undefined)
  await owner.query('drop trigger no_return_yet on closure')
  await undoClosure(leb, { issuerId, closureId: first })
  const { failures } = leb.world.sims.line
  failures.set({ mode: 'refuse', match: 'POST' })
  await leb.look(issuerId, first)
  failures.set(undefined)
  const blocked = await inIssuer(leb.db, issuerId, (tx) =>
    tx
      .selectFrom('closure_block')
      .select('reason')
      .where('closure_id', '=', first)
      .where('cleared_at', 'is', null)
      .execute(),
  )
  expect(blocked).toEqual([{ reason: 'line_refused' }])
  return first
}

it('never switches a line on that was refused its resumption while the card is being closed anew', async () => {
  const card = await seedCard(leb, { ...money, balance: 0n, paid: 2_000n })
  const first = await frozenAndUndone(card)
  const resumed = () => leb.world.sims.line.effects(card.iccid, 'active')
  const asked = async () => {
    await retryBlocked(leb, { issuerId, closureId: first }).catch(() => undefined)
    leb.clock.advance({ hours: 1 })
    await leb.look(issuerId, first)
    return resumed()
  }
  const second = await closeCard(leb, card, { start: 'after_undo_window' })
  expect(await asked()).toBe(0)
  // Undone as well, the line comes back: nothing else would switch it on.
  await undoClosure(leb, { issuerId, closureId: second })
  expect(await asked()).toBe(1)
  // Closed for good, it never does.
  const third = await closeCard(leb, card)
  expect(await stateOf(leb, issuerId, third)).toBe('closed')
  expect(await asked()).toBe(1)
})

it('leaves the line of a card off that was closed before its resumption was asked again', async () => {
  const card = await seedCard(leb, { ...money, balance: 0n, paid: 2_000n })
  const first = await frozenAndUndone(card)
  const second = await closeCard(leb, card)
  expect(await stateOf(leb, issuerId, second)).toBe('closed')
  await retryBlocked(leb, { issuerId, closureId: first })
  await leb.look(issuerId, first)
  expect(leb.world.sims.line.effects(card.iccid, 'active')).toBe(0)
})

it('refuses an undo once the person is erased, also of an account with no card left', async () => {
  const card = await seedCard(leb, { ...money, email: 'no-card-left@example.com' })
  await closeCard(leb, card)
  const { closureId } = await declareClosure(leb, {
    issuerId,
    accountId: card.accountId,
    cardIds: 'account',
    act: 'erase',
    start: 'at_once',
    locale: 'en',
    zone: 'Europe/Berlin',
    receivedBy: 'staff',
    identity: 'issuer_decision',
  })
  // The worker dies between erasing and the certificate.
  const sealing = vi.spyOn(leb.keys, 'sealing').mockRejectedValue(new Error('no key for now'))
  await expect(leb.look(issuerId, closureId)).rejects.toThrow('no key for now')
  sealing.mockRestore()
  const view = await readClosure(leb, { issuerId, closureId })
  expect([view?.state, view?.canUndo]).toEqual(['closing', false])
  await expect(undoClosure(leb, { issuerId, closureId })).rejects.toMatchObject({
    code: 'closure/past_return',
  })
  await leb.look(issuerId, closureId)
  expect((await readClosure(leb, { issuerId, closureId }))?.state).toBe('closed')
})
