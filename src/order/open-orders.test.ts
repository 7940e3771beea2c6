import { afterAll, expect, it } from 'vitest'
import { putIssuer } from '../issuer/issuer.ts'
import { iban, openBankRefunds } from './bank-refund.fixture.ts'
import { moneyThatWaits, nameOrderAccount } from './name-account.ts'
import { openOrdersCommand, type OpenOptions } from './open-orders-command.ts'
import type { OpenOrder } from './open-orders.ts'
import { remindOfAccount } from './remind-of-account.ts'

const stage = await openBankRefunds()
const { leb, issuerId } = stage
afterAll(stage.close)

async function said(options: OpenOptions): Promise<string> {
  let text = ''
  const out = (more: string) => void (text += more)
  expect(await openOrdersCommand(leb, { issuer: issuerId, ...options, out })).toBe(0)
  return text
}
type Answer = { orders: OpenOrder[] } & Record<string, unknown>
const list = async (options: OpenOptions = {}) => JSON.parse(await said({ json: true, ...options })) as Answer

it('names each order that is not done, whose turn it is and why', async () => {
  const unpaid = await stage.place()
  const owed = await stage.undelivered('buyer@example.com')
  const heldUp = await stage.place()
  await stage.receive(heldUp)
  const issuer = leb.issuers.find((one) => one.issuerId === issuerId)!
  const { seller: _seller, ...brand } = issuer.brand
  await putIssuer(leb.db, { ...issuer, brand }, leb.clock.now())
  await expect(stage.look(heldUp)).rejects.toThrow('invoice/seller_incomplete')

  const { orders, ...counts } = await list()
  expect(counts).toEqual({ open: 3, late: 0, blocked: 2, staff: 1, buyer: 1, provider: 0 })
  const of = (number: string) => orders.find((one) => one.number === number)
  expect(of(unpaid.number)).toMatchObject({ state: 'awaiting_payment', turn: 'buyer', blocked: false })
  expect(of(owed.number)).toMatchObject({
    state: 'refunding',
    turn: 'buyer',
    why: 'asked for an account by mail on 2026-11-22',
    dueAt: null,
  })
  expect(of(heldUp.number)).toMatchObject({
    state: 'paid',
    turn: 'staff',
    why: 'held up by invoice/seller_incomplete: mend it and it is delivered by itself',
    since: '2026-11-22T10:00:00.000Z',
    dueAt: '2026-11-24T10:00:00.000Z',
  })
  expect((await list({ blocked: true })).orders).toHaveLength(2)
  const table = await said({})
  expect(table).toContain(
    `${heldUp.number}  card    2026-11-24 10:00\n  delivering since 2026-11-22 10:00; YOUR TURN: held up by`,
  )
  expect(table).toMatch(/\n3 open, 0 late, 2 blocked \(yours 1, buyers’ 1, providers’ 0\)\n$/)
  expect(table).not.toContain('@')

  leb.clock.advance({ days: 3 })
  expect((await list({ late: true })).orders.map(({ number }) => number)).toEqual([heldUp.number])
  leb.clock.advance({ days: 12 })
  await remindOfAccount(leb)
  expect((await list({ blocked: true })).orders.find(({ number }) => number === owed.number)!.why).toBe(
    `asked for an account on 2026-11-22 and reminded twice in vain: write to them, or leb order paid ${owed.number}`,
  )
})

it('tells of each state of a transfer, until it is done', async () => {
  const placed = await stage.undelivered()
  const found = async () => (await list()).orders.find(({ number }) => number === placed.number)
  const waiting = moneyThatWaits(await stage.view(placed))
  await nameOrderAccount(leb, { issuerId, orderId: placed.orderId, waiting, iban, name: 'Zoë Martin' })
  expect(await found()).toMatchObject({ turn: 'staff', why: expect.stringContaining('leb payout file') })
  await stage.file()
  expect(await found()).toMatchObject({ turn: 'provider', why: expect.stringContaining('leb bank import') })
  await stage.settled(await stage.booked(placed))
  await stage.look(placed)
  expect(await found()).toBeUndefined()
})
