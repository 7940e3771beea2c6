import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { StatementFormatInput } from '../adapters/bank/statement-format.ts'
import { statementFormatSchema } from '../adapters/bank/statement-format.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { putIssuer } from '../issuer/issuer.ts'
import { systemClock } from '../platform/clock.ts'
import { inIssuer } from '../platform/db.ts'
import { makeIds } from '../platform/ids.ts'
import { bankImportCommand } from './bank-command.ts'
import { findOrderNumbers, orderPrefix } from './find-order-number.ts'
import { awaitingOrder, books, newNumber } from './orders.fixture.ts'
import { listUnmatched } from './receipts.ts'

const format: StatementFormatInput = {
  kind: 'csv',
  delimiter: ';',
  decimal: ',',
  date: 'DD.MM.YYYY',
  columns: { bookedOn: 'Tag', amount: 'Betrag', text: ['Zweck'], currency: 'W', endToEndId: 'E2E' },
  ignore: ['STRIPE PAYMENTS'],
}
const head = 'Tag;Name;IBAN;Betrag;W;Zweck;E2E'

let leb: Outside
let card: Seeded
let dir: string
beforeAll(async () => {
  leb = await openOutside()
  card = await seedCard(leb)
  dir = await mkdtemp(join(tmpdir(), 'leb-bank-'))
  const issuer = leb.issuers.find(({ issuerId }) => issuerId === 'leb')!
  const providers = { ...issuer.providers, bankStatement: statementFormatSchema.parse(format) }
  await putIssuer(leb.db, { ...issuer, providers }, leb.clock.now())
})
afterAll(async () => {
  await leb.stop()
  await rm(dir, { recursive: true })
})
let before: Record<string, bigint>
beforeEach(async () => void (before = await books(leb)))

const rejects = () => join(dir, 'rejects.csv')
const imported = async (lines: string[] | Buffer) => {
  const file = join(dir, 'statement.csv')
  await writeFile(file, Buffer.isBuffer(lines) ? lines : [head, ...lines].join('\n'))
  let said = ''
  const out = (text: string) => void (said += text)
  await bankImportCommand(leb, { file, issuer: 'leb', rejects: rejects(), json: true, out })
  return JSON.parse(said) as Record<string, unknown>
}
const line = (amount: string, text: string, more: { w?: string; e2e?: string; day?: string } = {}) =>
  `${more.day ?? '22.11.2026'};Li Lei;DE02120300000000202051;${amount};${more.w ?? 'CNY'};${text};${more.e2e ?? ''}`
const moved = async () => {
  const now = await books(leb)
  const kinds = [...new Set([...Object.keys(before), ...Object.keys(now)])]
  return Object.fromEntries(
    kinds.map((kind) => [kind, (now[kind] ?? 0n) - (before[kind] ?? 0n)]).filter(([, by]) => by !== 0n),
  )
}
const state = (orderId: string) =>
  inIssuer(leb.db, 'leb', async (tx) => {
    const rows = tx.selectFrom('purchase_order').select('state').where('order_id', '=', orderId)
    return (await rows.executeTakeFirstOrThrow()).state
  })

it('pays an order by its number, however it is written, and changes nothing the second time', async () => {
  const order = await awaitingOrder(leb, card, { payBy: 'bank' })
  const lines = [line('20,00', `danke ${order.number.toLowerCase().replaceAll('-', ' ')} !`)]
  expect(await imported(lines)).toMatchObject({ lines: 1, order_paid: 1, unmatched: 0 })
  expect(await state(order.orderId)).toBe('paid')
  expect(await imported(lines)).toMatchObject({ order_paid: 0, known: 1 })
  const overlapping = [...lines, line('1,00', 'something else')]
  expect(await imported(overlapping)).toMatchObject({ known: 1, unmatched: 1 })
  expect(await moved()).toEqual({ cash_at_bank: -2_100n, orders_in_hand: 2_000n, unmatched_receipts: 100n })
})

it('tells equal lines of one statement apart', async () => {
  const twice = [line('3,00', 'gift'), line('3,00', 'gift')]
  expect(await imported(twice)).toMatchObject({ unmatched: 2 })
  expect(await imported(twice)).toMatchObject({ known: 2 })
  expect(await imported([...twice, line('3,00', 'gift')])).toMatchObject({ known: 2, unmatched: 1 })
})

it('counts every line once, however often a growing statement is imported', async () => {
  const lines = fc.array(
    fc.record({
      minor: fc.integer({ min: 1, max: 3 }),
      text: fc.constantFrom('gift', 'thanks'),
      day: fc.constantFrom('20.11.2026', '21.11.2026'),
    }),
    { minLength: 1, maxLength: 8 },
  )
  await fc.assert(
    fc.asyncProperty(lines, fc.array(fc.nat(8), { maxLength: 4 }), fc.uuid(), async (all, cuts, salt) => {
      const start = (await books(leb)).cash_at_bank ?? 0n
      const written = all.map(({ minor, text, day }) => line(`0,0${minor}`, `${text} ${salt}`, { day }))
      for (const cut of [...cuts, all.length]) await imported(written.slice(0, cut))
      const came = start - ((await books(leb)).cash_at_bank ?? 0n)
      expect(came).toBe(BigInt(all.reduce((sum, { minor }) => sum + minor, 0)))
    }),
    { seed: 20_261_122, numRuns: 15 },
  )
})

it('keeps too little, too much, another currency and unknown names apart, and says which', async () => {
  const order = await awaitingOrder(leb, card, { payBy: 'bank' })
  const other = await awaitingOrder(leb, card, { payBy: 'bank' })
  const unknown = newNumber(leb)
  const { look_at } = await imported([
    line('19,99', order.number),
    line('20,01', order.number),
    line('20,00', order.number, { w: 'EUR' }),
    line('20,00', unknown),
    line('20,00', 'for my card'),
    line('20,00', `${order.number} and ${other.number}`),
  ])
  expect(look_at).toEqual([
    { line: 2, outcome: 'unmatched', orderNumber: order.number, reason: 'amount_differs' },
    { line: 3, outcome: 'unmatched', orderNumber: order.number, reason: 'amount_differs' },
    { line: 4, outcome: 'unmatched', orderNumber: order.number, reason: 'currency_differs' },
    { line: 5, outcome: 'unmatched', orderNumber: unknown, reason: 'order_unknown' },
    { line: 6, outcome: 'unmatched', reason: 'order_unknown' },
    { line: 7, outcome: 'unmatched', reason: 'several_orders_named' },
  ])
  expect(await state(order.orderId)).toBe('awaiting_payment')
})

it('keeps nothing of what is none of our business, and nobody’s name or account of the rest', async () => {
  const none = await imported([line('-500,00', 'rent'), line('900,00', 'Stripe Payments UK 22/11')])
  expect(none).toMatchObject({ not_ours: 2, unmatched: 0 })
  expect(await moved()).toEqual({})
  await imported([line('4,00', 'from Li Lei', { e2e: 'NOTPROVIDED' })])
  const kept = await inIssuer(leb.db, 'leb', async (tx) => [
    await tx.selectFrom('bank_line').selectAll().execute(),
    await tx.selectFrom('payment').selectAll().where('provider', '=', 'bank').execute(),
    await listUnmatched(tx, 'leb'),
  ])
  const text = JSON.stringify(kept, (_, v: unknown) => (typeof v === 'bigint' ? v.toString() : v))
  expect(text).not.toMatch(/Li Lei|DE0212/)
  expect(text).toContain('unmatched')
})

it('settles transfers of ours by the name we gave them, and says when the sum differs', async () => {
  const order = await awaitingOrder(leb, card, { payBy: 'bank' })
  const parts = [leb.ids.next(), leb.ids.next()]
  await inIssuer(leb.db, 'leb', async (tx) => {
    for (const [ord, part_id] of parts.entries())
      await tx
        .insertInto('payout_part')
        .values({
          issuer_id: 'leb',
          part_id,
          order_id: order.orderId,
          ord,
          route: 'bank_transfer',
          currency: 'CNY',
          amount_minor: 700n,
          state: 'sent',
        })
        .execute()
  })
  const [sent, wrong] = parts.map((id) => id.replaceAll('-', ''))
  const lines = [
    line('-7,00', 'refund', { e2e: sent! }),
    line('-7,01', 'refund', { e2e: wrong! }),
    line('-7,00', 'rent', { e2e: 'RENT-1' }),
  ]
  expect(await imported(lines)).toMatchObject({ transfer_settled: 1, transfer_differs: 1, not_ours: 1 })
  expect(await imported(lines)).toMatchObject({ known: 2, not_ours: 1 })
  expect(await moved()).toEqual({ cash_at_bank: 700n, refunds_payable: -700n })
})

it('writes lines it cannot read to a file that only its owner reads, and goes on', async () => {
  const order = await awaitingOrder(leb, card, { payBy: 'bank' })
  const bad = [
    line('1.000,00', '=HYPERLINK("x")'.replaceAll('"', '')),
    line('2e1', 'x'),
    line('20,00', 'x', { day: '31.02.2026' }),
  ]
  expect(await imported([...bad, line('20,00', order.number)])).toMatchObject({ rejected: 3, order_paid: 1 })
  const written = await readFile(rejects(), 'utf8')
  expect(written.split('\n')).toHaveLength(5)
  expect(written).toContain('bad_amount')
  expect(written).toContain('bad_date')
  expect((await stat(rejects())).mode & 0o077).toBe(0)
})

it('refuses in one sentence what it cannot begin with', async () => {
  await expect(
    imported(Buffer.from(`${head}\n22.11.2026;M\xfcller;x;1,00;EUR;x;`, 'latin1')),
  ).rejects.toThrow(/not UTF-8/)
  await expect(imported(['a;b', 'c']).then(() => imported(Buffer.from('x;y\n')))).rejects.toThrow(
    /no column "Tag"/,
  )
  const command = { file: join(dir, 'none.csv'), issuer: 'leb', rejects: rejects() }
  await expect(bankImportCommand(leb, command)).rejects.toThrow(/there is no file/)
  await expect(bankImportCommand(leb, { ...command, issuer: 'roamly' })).rejects.toThrow(/bankStatement/)
  await expect(bankImportCommand(leb, { ...command, issuer: 'nobody' })).rejects.toThrow(/not set up/)
})

describe('order numbers in what payers write', () => {
  let seed = 0
  const seeded = makeIds(systemClock, (size) => {
    seed += 1
    return createHash('sha512').update(`order ${seed}`).digest().subarray(0, size)
  })
  const made = () => orderPrefix('leb') + seeded.readable()
  it('finds them in any spelling, and no other number in the words around them', () => {
    for (const number of ['LEB-ORD-14R4-W2HNH', ...Array.from({ length: 500 }, made)]) {
      const sign = number.slice('LEB-ORD-'.length)
      const ways = [
        number,
        number.toLowerCase(),
        number.replaceAll('-', ''),
        number.replaceAll('-', ' '),
        `SVWZ+${number} ABWA+Li Lei`,
        `EREF+x SVWZ+LEB ORD ${sign.slice(0, 6)} ${sign.slice(6)}`,
        `LEB ORD ${sign.slice(0, 7)} ${sign.slice(7)}`,
        `Order: ${sign}.`,
        // "order 14r4" has nine signs and its last one fits: read as a number, it made two orders of this one.
        `order ${sign.toLowerCase().replace('-', ' ')} thanks`,
        `pay ${sign.replace('-', '')} now`,
        number.replaceAll('0', 'O'),
      ]
      for (const text of ways) expect(findOrderNumbers(text, 'leb'), text).toEqual([number])
    }
  })
  it('finds bare ones that are broken up anywhere', () => {
    for (const number of Array.from({ length: 100 }, made)) {
      const sign = number.slice('LEB-ORD-'.length).replace('-', '')
      for (const text of [`${sign.slice(0, 3)} ${sign.slice(3, 6)} ${sign.slice(6)}`, [...sign].join(' ')]) {
        expect(findOrderNumbers(text, 'leb'), text).toEqual([number])
      }
    }
  })
  it('finds none where the check sign does not fit, and both where there are two', () => {
    const number = made()
    const last = number.at(-1) === '0' ? '1' : '0'
    expect(findOrderNumbers(number.slice(0, -1) + last, 'leb')).not.toContain(number)
    expect(findOrderNumbers('Invoice 123456789 of 2026', 'leb').length).toBeLessThanOrEqual(1)
    const other = made()
    expect(findOrderNumbers(`${number} ${other}`, 'leb').toSorted()).toEqual([number, other].toSorted())
    const bare = other.slice('LEB-ORD-'.length)
    expect(findOrderNumbers(`${number} and ${bare}`, 'leb').toSorted()).toEqual([number, other].toSorted())
  })
})
