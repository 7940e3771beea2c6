import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Outside, openOutside } from '../../test/outside.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { inIssuer } from '../platform/db.ts'
import { lookAtPayment } from './look-at-payment.ts'
import { awaitingOrder, books, newNumber, openPage, pay, workOffPayments } from './orders.fixture.ts'
import type { Difference } from './reconcile.ts'
import { row, withCell, withoutLine } from './reconcile.fixture.ts'
import { type ReconcileCommand, reconcileCommand } from './reconcile-command.ts'

let leb: Outside
let card: Seeded
let dir: string
let file: string
let sim: Outside['world']['sims']['payment']
beforeAll(async () => {
  leb = await openOutside()
  card = await seedCard(leb)
  sim = leb.world.sims.payment
  dir = await mkdtemp(join(tmpdir(), 'leb-reconcile-'))
  file = join(dir, 'balance.csv')
})
afterAll(async () => {
  await leb.stop()
  await rm(dir, { recursive: true })
})

type Said = { equal: boolean; lines: number; fees?: number; payouts?: number; differences: Difference[] }
const reconciled = async (csv: string, options: Partial<ReconcileCommand> = {}) => {
  await writeFile(file, csv)
  let said = ''
  const out = (text: string) => void (said += text)
  const exit = await reconcileCommand(leb, {
    provider: 'stripe',
    file,
    issuer: 'leb',
    json: true,
    out,
    ...options,
  })
  const answer = JSON.parse(said) as Said
  expect(exit).toBe(answer.equal ? 0 : 1)
  return answer
}
const kinds = (said: Said) => said.differences.map(({ kind, of, ref }) => `${kind} ${of} ${ref}`).toSorted()
const changed = (ref: string, column: string, to: string) => withCell(sim.balance.csv(), ref, column, to)
const without = (ref: string) => withoutLine(sim.balance.csv(), ref)
const bought = async (gross = 2_000n) => {
  const order = await awaitingOrder(leb, card, { gross })
  await pay(order)
  await lookAtPayment(leb, { issuerId: 'leb', id: order.ref })
  return sim.checkout.find(order.ref)!.payment_intent!
}

/** One payment, one given back, one charged back and won, one charged back and lost. */
let first: string
let refund: string
let dispute: string
it('finds books equal once the fees are in them, and books each fee once', async () => {
  first = await bought()
  leb.clock.advance({ hours: 1 })
  const number = newNumber(leb)
  const order = await awaitingOrder(leb, card, { number, open: false })
  await pay(await openPage(leb, { orderId: order.orderId, number, gross: 1_500n }))
  await lookAtPayment(leb, { issuerId: 'leb', id: sim.checkout.all().at(-1)!.id })
  await workOffPayments(leb)
  refund = sim.refunds(sim.checkout.all().at(-1)!.payment_intent!)[0]!.id
  dispute = sim.disputes.open(await bought(3_000n))!.id
  await lookAtPayment(leb, { issuerId: 'leb', id: dispute })
  sim.disputes.close(dispute, 'won')
  await lookAtPayment(leb, { issuerId: 'leb', id: dispute })
  const lost = sim.disputes.open(await bought(4_000n))!.id
  await lookAtPayment(leb, { issuerId: 'leb', id: lost })
  leb.clock.advance({ hours: 1 })
  sim.balance.add({ category: 'payout', currency: 'cny', source: 'po_1', gross: -1_000, fee: 0 })

  const before = await reconciled(sim.balance.csv())
  expect([...new Set(before.differences.map(({ kind }) => kind))].toSorted()).toEqual([
    'fee_not_booked',
    'payout_not_booked',
  ])
  expect(before.lines).toBe(sim.balance.lines().length)
  const booked = await reconciled(sim.balance.csv(), { bookFees: true, bookPayouts: true })
  expect(booked).toMatchObject({ equal: true, fees: 6, payouts: 1, differences: [] })
  const again = await reconciled(sim.balance.csv(), { bookFees: true, bookPayouts: true })
  expect(again).toMatchObject({ equal: true, fees: 0, payouts: 0 })
  const kept = BigInt(sim.balance.lines().reduce((sum, { fee }) => sum + fee, 0))
  const left = BigInt(sim.balance.lines().reduce((sum, { gross, fee }) => sum + gross - fee, 0))
  const { provider_fees, cash_at_bank, cash_at_provider } = await books(leb)
  expect({ provider_fees, cash_at_bank, cash_at_provider }).toEqual({
    provider_fees: -kept,
    cash_at_bank: -1_000n,
    cash_at_provider: -left,
  })
})

it.each<[string, () => string, () => string[]]>([
  [
    'a sum',
    () => changed(first, 'gross', '20.01'),
    () => [`amount_differs charge ${first}`, `net_wrong charge ${txn(first)}`],
  ],
  [
    'a currency of settlement',
    () => changed(first, 'currency', 'eur'),
    () => [`settled_in_other_currency charge ${first}`, `fee_differs fee ${txn(first)}`],
  ],
  [
    'a day',
    () => changed(first, 'created_utc', '2026-11-20 10:00:00'),
    () => [`date_differs charge ${first}`],
  ],
  ['a line that is not there', () => without(first), () => [`missing_there charge ${first}`]],
  ['a refund that is not there', () => without(refund), () => [`missing_there refund ${refund}`]],
  ['a dispute that is not there', () => without(dispute), () => [`missing_there dispute ${dispute}`]],
  [
    'a refund of another sum',
    () => changed(refund, 'gross', '-14.99'),
    () => [`amount_differs refund ${refund}`, `net_wrong refund ${txn(refund)}`],
  ],
  [
    'a fee of another sum',
    () => changed(first, 'fee', '0.01'),
    () => [`fee_differs fee ${txn(first)}`, `net_wrong charge ${txn(first)}`],
  ],
  [
    'a number that is none',
    () => changed(first, 'gross', '1e3'),
    () => [`missing_there charge ${first}`, 'unreadable line '],
  ],
  [
    'a number too large',
    () => changed(first, 'gross', '99999999999999999999'),
    () => [`missing_there charge ${first}`, 'unreadable line '],
  ],
  [
    'too many digits',
    () => changed(first, 'gross', '20.001'),
    () => [`missing_there charge ${first}`, 'unreadable line '],
  ],
  [
    'another category',
    () => changed('po_1', 'reporting_category', 'topup'),
    () => [`not_compared topup ${txn('po_1')}`],
  ],
])('names %s', async (_, csv, expected) => {
  // The order of rows says how far the report reaches: one more line keeps that as it was.
  const said = await reconciled(csv(), { from: '2026-11-20', to: '2026-11-23' })
  expect(kinds(said)).toEqual(expected().toSorted())
})
/** The balance transaction of what is named. */
const lineOf = (ref: string) =>
  `${sim.balance
    .csv()
    .split('\n')
    .find((line) => line.includes(ref))}\n`
const txn = (ref: string) =>
  sim.balance.lines().find(({ payment, source }) => payment === ref || source === ref)!.id

it.each<[string, () => string, () => string[]]>([
  [
    'a charge nobody told us of',
    () => row('charge', 'ch_x', 'pi_x', '5.00'),
    () => ['missing_here charge pi_x'],
  ],
  [
    'a refund nobody told us of',
    () => row('refund', 're_x', first, '-5.00'),
    () => ['missing_here refund re_x'],
  ],
  [
    'a refund made twice',
    () =>
      row('refund', 're_x', sim.balance.lines().find(({ source }) => source === refund)!.payment!, '-15.00'),
    () => [
      'refunded_twice refund re_x',
      `refunded_more_than_paid refund ${sim.balance.lines().find(({ source }) => source === refund)!.payment}`,
    ],
  ],
  [
    'a refund that failed and was never ours',
    () =>
      row('refund', 're_x', first, '-5.00') + row('refund_failure', 're_x', first, '5.00', { txn: 'txn_f' }),
    () => [],
  ],
  [
    'a refund that failed afterwards',
    () => row('refund_failure', refund, first, '15.00', { txn: 'txn_f' }),
    () => [`refund_failed refund ${refund}`],
  ],
  [
    'a dispute nobody told us of',
    () => row('dispute', 'du_x', first, '-5.00'),
    () => ['missing_here dispute du_x'],
  ],
  [
    'a dispute taken and won meanwhile',
    () =>
      row('dispute', 'du_x', first, '-5.00') +
      row('dispute_reversal', 'du_x', first, '5.00', { txn: 'txn_w' }),
    () => [],
  ],
  ['a fee of its own', () => row('fee', 'fee_x', '', '-1.00'), () => ['fee_not_booked fee txn_fee_x']],
  ['one line twice', () => lineOf(first), () => [`line_repeats charge ${txn(first)}`]],
  ['one refund twice', () => lineOf(refund), () => [`line_repeats refund ${txn(refund)}`]],
  [
    'one line twice and different',
    () => row('payout', 'po_1', '', '-9.00', { txn: txn('po_1') }),
    () => [`line_differs payout ${txn('po_1')}`],
  ],
  [
    'a line outside',
    () => row('charge', 'ch_x', 'pi_x', '5.00', { at: '2026-11-25 00:00:00' }),
    () => ['outside_window charge txn_ch_x'],
  ],
  ['a broken line', () => 'txn_x,2026\n', () => ['unreadable line ']],
])('names %s', async (_, more, expected) => {
  const said = await reconciled(sim.balance.csv() + more(), { from: '2026-11-20', to: '2026-11-23' })
  expect(kinds(said)).toEqual(expected().toSorted())
})

it('names what the provider changed into another currency, and leaves what another issuer opened', async () => {
  const [head = '', ...rows] = sim.balance.csv().trimEnd().split('\n')
  const at = (name: string) => head.split(',').indexOf(name)
  const converted = rows.map((one) => {
    const cells = one.split(',')
    if (!one.includes(first)) return one
    for (const [name, to] of [
      ['currency', 'eur'],
      ['gross', '2.50'],
      ['fee', '0.55'],
      ['net', '1.95'],
    ] as const)
      cells[at(name)] = to
    return cells.join(',')
  })
  const said = await reconciled([head, ...converted].join('\n'))
  expect(kinds(said)).toContain(`settled_in_other_currency charge ${first}`)
  const owned = [`${head},payment_metadata[leb_issuer]`, ...rows.map((one) => `${one},`)]
  const foreign = `${row('charge', 'ch_x', 'pi_x', '5.00').trimEnd()},roamly`
  expect(await reconciled([...owned, foreign].join('\n'))).toMatchObject({ equal: true })
})

it('knows that what we booked at the edge of a report may stand in the one before', async () => {
  const day = { from: '2026-11-22', to: '2026-11-23' }
  expect(kinds(await reconciled(without(refund), day))).toEqual([`date_window refund ${refund}`])
  expect(kinds(await reconciled(without(dispute), day))).toEqual([`date_window dispute ${dispute}`])
})

it('books no line that has changed since it was booked', async () => {
  const csv = changed(first, 'fee', '0.01')
  await expect(reconciled(csv, { bookFees: true })).rejects.toThrow(
    /line 2 .* booked before with other content/,
  )
})

it('says it in words, and refuses what it cannot begin with', async () => {
  await writeFile(file, changed(first, 'gross', '20.01') + '\n' + lineOf(refund))
  let said = ''
  const command: ReconcileCommand = {
    provider: 'stripe',
    file,
    issuer: 'leb',
    out: (text) => void (said += text),
  }
  expect(await reconcileCommand(leb, command)).toBe(1)
  expect(said).toContain(`amount_differs  charge ${first}  theirs 20.01 CNY, ours 20.00 CNY  line 2`)
  expect(said).toMatch(/^line_repeats {2}refund .*\(line \d+ repeats line \d\)$/m)
  expect(said).toMatch(/1 {2}amount_differs: the sums differ/)
  const refused: [Partial<ReconcileCommand>, RegExp][] = [
    [{ provider: 'paypal' }, /--provider takes stripe/],
    [{ issuer: 'nobody' }, /not set up/],
    [{ from: 'yesterday' }, /--from takes a day/],
    [{ file: join(dir, 'none.csv') }, /there is no file/],
    [{ decimal: ';' }, /--decimal takes/],
  ]
  for (const [change, words] of refused)
    await expect(reconcileCommand(leb, { ...command, ...change })).rejects.toThrow(words)
  const { issuer: _, ...anybody } = command
  await expect(reconcileCommand(leb, anybody)).rejects.toThrow(/--issuer/)
  await writeFile(file, 'id,amount\n1,2\n')
  await expect(reconcileCommand(leb, command)).rejects.toThrow(/lacks balance_transaction_id/)
  const rows = await inIssuer(leb.db, 'roamly', (tx) =>
    tx.selectFrom('payment').select('payment_id').execute(),
  )
  expect(rows).toEqual([])
})
