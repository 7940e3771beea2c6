import { afterAll, beforeAll, expect, it } from 'vitest'
import { books, closeCard, partsOf, setMoney, stateOf } from '../../test/payouts.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { seedCard, seedCards, type Seeded } from '../../test/seed.ts'
import { nameBankAccount } from '../closure/bank-account.ts'
import { readClosure } from '../closure/read-closure.ts'
import { undoClosure } from '../closure/undo.ts'
import { findIssuer } from '../issuer/issuer.ts'
import { inIssuer } from '../platform/db.ts'
import { openPayoutFile } from './file-envelope.ts'
import { makePayoutFile, readPayoutState } from './payout-file.ts'
import { endToEndId, transferReturned, transferSettled } from './transfers.ts'

const issuerId = 'roamly'
let leb: Outside
beforeAll(async () => {
  leb = await openOutside({ lazyCurrency: 'eur' })
  await setMoney(leb, issuerId, {})
})
afterAll(() => leb.stop())

const iban = 'DE89370400440532013000'
const paidByBank = (balance: bigint, more: { accountRef?: string } = {}) =>
  seedCard(leb, { issuerId, currency: 'EUR', residence: 'DE', balance, provider: 'bank', ...more })
async function file() {
  const issuer = (await findIssuer(leb.db, issuerId))!
  return makePayoutFile(leb, issuer, issuer.providers.payouts!)
}
/** What the bank's statement would say of the closure's transfers, oldest first. */
async function transfersOf(closureId: string) {
  const rows = await inIssuer(leb.db, issuerId, (tx) =>
    tx
      .selectFrom('payout_part')
      .select(['part_id', 'amount_minor', 'currency'])
      .where('closure_id', '=', closureId)
      .where('route', '=', 'bank_transfer')
      .orderBy('ord')
      .execute(),
  )
  return rows.map(({ part_id, amount_minor: amount, currency }) => ({
    issuerId,
    endToEndId: endToEndId(part_id),
    amount,
    currency,
    bookedOn: '2026-11-24',
  }))
}
const booked = async (closureId: string) => (await transfersOf(closureId)).at(-1)!
const settled = (one: Parameters<typeof transferSettled>[2]) =>
  inIssuer(leb.db, issuerId, (tx) => transferSettled(leb, tx, one))
const returned = (one: Parameters<typeof transferReturned>[2]) =>
  inIssuer(leb.db, issuerId, (tx) => transferReturned(leb, tx, one))
const name = (closureId: string, change: { iban?: string; name?: string } = {}) =>
  nameBankAccount(leb, { issuerId, closureId, iban, name: 'Jürgen Groß', ...change })
const knowsAccount = async (closureId: string) =>
  (
    await inIssuer(leb.db, issuerId, (tx) =>
      tx.selectFrom('vault_item').select('kind').where('item_id', '=', closureId).execute(),
    )
  ).length === 1
const mails = async (card: Seeded, email: string) => {
  await leb.sendMails(card.issuerId)
  return leb.world.sims.mail.messages(email).length
}

it('asks for an account, sends it to the bank once, hears the bank, closes, and forgets the account', async () => {
  const card = await seedCard(leb, {
    issuerId,
    currency: 'EUR',
    residence: 'DE',
    balance: 1230n,
    provider: 'bank',
    email: 'jg@example.com',
  })
  const before = await books(leb, issuerId, 'EUR')
  const closureId = await closeCard(leb, card)
  expect(await stateOf(leb, issuerId, closureId)).toBe('bank_details_needed')
  // The slip, and the question where the money shall go.
  expect(await mails(card, 'jg@example.com')).toBe(2)
  await leb.look(issuerId, closureId)
  expect(await mails(card, 'jg@example.com')).toBe(2)
  expect(await file()).toBeNull()

  await expect(name(closureId, { iban: 'DE88370400440532013000' })).rejects.toMatchObject({
    code: 'payout/iban_digits',
  })
  await expect(name(closureId, { name: '李磊' })).rejects.toMatchObject({ code: 'payout/name_not_latin' })
  await name(closureId)
  await leb.look(issuerId, closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('transfer_to_send')
  expect(await mails(card, 'jg@example.com')).toBe(3)

  const made = (await file())!
  expect(made).toMatchObject({ transfers: 1, left: 0 })
  const xml = made.bytes.toString()
  const transfer = await booked(closureId)
  for (const text of [transfer.endToEndId, iban, 'Jurgen Gross', '<InstdAmt Ccy="EUR">12.30</InstdAmt>'])
    expect(xml).toContain(text)
  expect(await file()).toBeNull()
  await expect(undoClosure(leb, { issuerId, closureId })).rejects.toMatchObject({
    code: 'closure/past_return',
  })
  await expect(name(closureId)).rejects.toMatchObject({ code: 'payout/no_transfer_wanted' })
  const again = () =>
    inIssuer(leb.db, issuerId, (tx) => openPayoutFile(leb, tx, { issuerId, fileId: made.fileId }))
  expect(await again()).toEqual(made.bytes)
  await leb.look(issuerId, closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('transfer_under_way')

  expect(await settled({ ...transfer, amount: 1229n })).toBe('differs')
  expect(await settled({ ...transfer, endToEndId: 'f'.repeat(32) })).toBe('unknown')
  expect(await settled({ ...transfer, endToEndId: 'NOTPROVIDED' })).toBe('unknown')
  expect(await settled(transfer)).toBe('settled')
  expect(await settled(transfer)).toBe('known')
  expect(await knowsAccount(closureId)).toBe(false)
  expect(await again()).toBe('burned')
  await leb.look(issuerId, closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
  const view = await readClosure(leb, { issuerId, closureId })
  expect(view!.cards[0]!.parts).toMatchObject([{ state: 'paid', byHand: false }])
  const after = await books(leb, issuerId, 'EUR')
  expect((after['cash_at_bank'] ?? 0n) - (before['cash_at_bank'] ?? 0n)).toBe(1230n)
  expect(after['refunds_payable']).toBe(before['refunds_payable'])
})

it('never puts one transfer into two files, however many are made at once', async () => {
  const closures = await Promise.all(
    [100n, 200n, 300n].map(async (sum) => closeCard(leb, await paidByBank(sum))),
  )
  for (const closureId of closures) await name(closureId)
  const files = (await Promise.all(Array.from({ length: 5 }, file))).filter((one) => one !== null)
  expect(files.reduce((sum, one) => sum + one.transfers, 0)).toBe(3)
  const all = files.map((one) => one.bytes.toString()).join('')
  for (const closureId of closures) {
    const { endToEndId: id } = await booked(closureId)
    expect(all.split(`<EndToEndId>${id}</EndToEndId>`)).toHaveLength(2)
  }
  const state = await inIssuer(leb.db, issuerId, (tx) => readPayoutState(tx, issuerId))
  expect(state.waiting).toEqual([])
  expect(state.files.filter((one) => one.open > 0)).toHaveLength(files.length)
})

it('asks for another account when the bank sends a transfer back, also after the certificate', async () => {
  const closureId = await closeCard(leb, await paidByBank(4500n))
  await name(closureId)
  await file()
  const first = await booked(closureId)
  expect(await settled(first)).toBe('settled')
  await leb.look(issuerId, closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
  const paid = await books(leb, issuerId, 'EUR')
  expect(await returned(first)).toBe('settled')
  expect(await returned(first)).toBe('known')
  const owed = await books(leb, issuerId, 'EUR')
  expect((owed['refunds_payable'] ?? 0n) - (paid['refunds_payable'] ?? 0n)).toBe(4500n)
  await leb.look(issuerId, closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('bank_details_needed')
  await name(closureId, { iban: 'FR1420041010050500013M02606' })
  expect((await file())!.bytes.toString()).toContain('FR1420041010050500013M02606')
  const second = await booked(closureId)
  expect(second.endToEndId).not.toBe(first.endToEndId)
  expect(await settled(second)).toBe('settled')
  await leb.look(issuerId, closureId)
  expect(await partsOf(leb, issuerId, closureId)).toEqual([
    'bank_transfer refused 4500 transfer_returned',
    'bank_transfer paid 4500',
  ])
  expect(await books(leb, issuerId, 'EUR')).toEqual(paid)
})

it('keeps the account that was named after one of two transfers had come back when the other does', async () => {
  const whose = { accountRef: 'TWO-BACK', email: 'two-back@example.com' }
  const two = { ...whose, issuerId, currency: 'EUR', residence: 'DE', provider: 'bank' } as const
  const [card] = await seedCards(leb, [
    { ...two, balance: 700n },
    { ...two, balance: 800n },
  ])
  const closureId = await closeCard(leb, card!, { cardIds: 'account' })
  await name(closureId)
  await leb.look(issuerId, closureId)
  expect(await file()).toMatchObject({ transfers: 2 })
  const sent = await transfersOf(closureId)
  expect(sent).toHaveLength(2)
  await leb.look(issuerId, closureId)
  await returned(sent[0]!)
  await leb.look(issuerId, closureId)
  expect(await knowsAccount(closureId)).toBe(false)
  await name(closureId, { iban: 'FR1420041010050500013M02606' })
  await leb.look(issuerId, closureId)
  await returned(sent[1]!)
  await leb.look(issuerId, closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('transfer_to_send')
  const made = (await file())!
  expect(made.bytes.toString().split('FR1420041010050500013M02606')).toHaveLength(3)
  for (const one of (await transfersOf(closureId)).slice(-2)) expect(await settled(one)).toBe('settled')
  await leb.look(issuerId, closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
  expect(await knowsAccount(closureId)).toBe(false)
})

it('erases the person of an account only when the transfer is done', async () => {
  const card = await paidByBank(800n, { accountRef: 'BANK-ACCOUNT' })
  const closureId = await closeCard(leb, card, { cardIds: 'account', act: 'erase' })
  await name(closureId)
  await leb.look(issuerId, closureId)
  expect(await knowsAccount(closureId)).toBe(true)
  await file()
  await leb.look(issuerId, closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('transfer_under_way')
  await settled(await booked(closureId))
  await leb.look(issuerId, closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
  expect(await knowsAccount(closureId)).toBe(false)
})

it('keeps SEPA transfers and others apart, and forgets an account when it is undone', async () => {
  const [sepa, other, undone] = [
    await closeCard(leb, await paidByBank(10n)),
    await closeCard(leb, await paidByBank(20n)),
    await closeCard(leb, await paidByBank(30n)),
  ]
  await name(sepa)
  await name(other, { iban: 'SA0380000000608010167519' })
  await name(undone)
  await undoClosure(leb, { issuerId, closureId: undone })
  expect(await knowsAccount(undone)).toBe(false)
  const files = [(await file())!, (await file())!, await file()]
  expect(files.map((one) => one?.transfers)).toEqual([1, 1, undefined])
  expect(files[0]!.left).toBe(1)
  expect(files.map((one) => /<ChrgBr>(\w+)</.exec(one?.bytes.toString() ?? '')?.[1])).toEqual([
    'SLEV',
    'DEBT',
    undefined,
  ])
})

it('forgets an account that was named and in the end not needed', async () => {
  const card = await seedCard(leb, { issuerId, currency: 'EUR', residence: 'DE', balance: 400n, paid: 400n })
  const closureId = await closeCard(leb, card, { start: 'after_undo_window' })
  await name(closureId)
  expect(await knowsAccount(closureId)).toBe(true)
  leb.clock.advance({ hours: 1 })
  await leb.look(issuerId, closureId)
  expect(await partsOf(leb, issuerId, closureId)).toEqual(['original_payment paid 400'])
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
  expect(await knowsAccount(closureId)).toBe(false)
})
