import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { type Seeded, seedCards } from '../../test/seed.ts'
import { unzip } from '../../test/unzip.ts'
import { declareClosure } from '../closure/declare.ts'
import { keepBankDetails } from '../payout/bank-details.ts'
import { keepPaidWith } from '../payment/paid-with.ts'
import { inIssuer } from '../platform/db.ts'
import { takeUsage } from '../usage/take-usage.ts'
import { exportAccount } from './export-person.ts'

let world: TestWorld
beforeAll(async () => void (world = await openTestWorld()))
afterAll(() => world.stop())

test('everything held on the person, of nobody else, and nothing once erased', async () => {
  const own = { accountRef: 'X1', email: 'x1@example.com' }
  const [card, , other] = await seedCards(world, [
    { ...own, balance: 8640n },
    { ...own, balance: 0n },
    { accountRef: 'X2', email: 'x2@example.com' },
  ])
  const files = unzip(await exportAccount(world, { issuerId: 'leb', accountId: card!.accountId }))
  expect([...files.keys()]).toEqual(['README.txt', 'data.json', 'invoices.csv'])
  const data = JSON.parse(files.get('data.json')!)
  expect(data.person).toMatchObject({ name: '李磊', email: 'x1@example.com' })
  expect(data.cards).toHaveLength(2)
  expect(data.cards.find((c: { iccid: string }) => c.iccid === card!.iccid)).toMatchObject({
    imsi: expect.stringMatching(/^\d{15}$/),
    balance: { amount: '8640', currency: 'CNY', decimal: '86.40' },
  })
  expect(data.movements).toMatchObject([{ reason: 'opening', amount: { amount: '8640' } }])
  expect(files.get('data.json')).not.toContain(other!.iccid)
  expect(files.get('invoices.csv')!.trim().split('\n')).toHaveLength(3)

  await inIssuer(world.db, 'leb', (tx) =>
    tx
      .updateTable('holder')
      .set({ wrapped_key: null, erased_at: world.clock.now() })
      .where('issuer_id', '=', 'leb')
      .where('holder_id', '=', card!.holderId)
      .execute(),
  )
  const again = (issuerId: string) => exportAccount(world, { issuerId, accountId: card!.accountId })
  await expect(again('leb')).rejects.toMatchObject({ code: 'export/person_erased' })
  await expect(again('roamly')).rejects.toMatchObject({ code: 'export/no_such_account' })
})

test('the account that was named for transfers, as long as it is held', async () => {
  const [card, other] = await seedCards(world, [{ accountRef: 'X5' }, { accountRef: 'X6' }])
  const name = async ({ accountId, cardId, holderId }: Seeded, iban: string) => {
    const { closureId, number } = await declareClosure(world, {
      issuerId: 'leb',
      accountId,
      cardIds: [cardId],
      act: 'terminate',
      start: 'at_once',
      locale: 'zh-CN',
      zone: 'Asia/Shanghai',
      receivedBy: 'portal',
      identity: 'signed_in',
    })
    const place = { issuerId: 'leb', holderId, itemId: closureId }
    await inIssuer(world.db, 'leb', (tx) => keepBankDetails(world, tx, place, { iban, name: 'Li Lei' }))
    return number
  }
  const number = await name(card!, 'DE89370400440532013000')
  await name(other!, 'FR1420041010050500013M02606')
  const files = unzip(await exportAccount(world, { issuerId: 'leb', accountId: card!.accountId }))
  const data = JSON.parse(files.get('data.json')!)
  expect(data.closures).toMatchObject([
    { number, bank_account: { iban: 'DE89370400440532013000', name: 'Li Lei' } },
  ])
  expect(files.get('data.json')).not.toContain('FR14')
})

test('what was paid with, of nobody else', async () => {
  const [card, other] = await seedCards(world, [{ accountRef: 'X7', paid: 12800n }, { accountRef: 'X8' }])
  const keep = ({ cardId, holderId }: Seeded, last4: string) =>
    inIssuer(world.db, 'leb', async (tx) => {
      const { payment_id: paymentId } = await tx
        .selectFrom('payment')
        .select('payment_id')
        .where('card_id', '=', cardId)
        .executeTakeFirstOrThrow()
      await keepPaidWith(
        world,
        tx,
        { issuerId: 'leb', holderId, paymentId },
        { method: 'card', last4, brand: 'unionpay' },
      )
    })
  await keep(card!, '4242')
  await keep(other!, '5151')
  const files = unzip(await exportAccount(world, { issuerId: 'leb', accountId: card!.accountId }))
  expect(JSON.parse(files.get('data.json')!).payments).toEqual([
    expect.objectContaining({
      iccid: card!.iccid,
      amount: { amount: '12800', currency: 'CNY', decimal: '128.00' },
      paid_with: { method: 'card', last4: '4242', brand: 'unionpay' },
    }),
  ])
})

test('what the cards used, and nobody else’s', async () => {
  const [card, other] = await seedCards(world, [{ accountRef: 'X3' }, { accountRef: 'X4' }])
  const use = (iccid: string, recordId: string) => {
    const usedAt = Date.parse('2026-11-22T09:00:00Z')
    return { recordId, iccid, kind: 'data' as const, quantity: 12, country: 'JP', usedAt }
  }
  await takeUsage(world, 'leb', [use(card!.iccid, '=1+1'), use(other!.iccid, 'foreign')])
  const files = unzip(await exportAccount(world, { issuerId: 'leb', accountId: card!.accountId }))
  const rows = files.get('usage.csv')!.trim().split('\n')
  expect(rows).toHaveLength(2)
  expect(rows[1]).toMatch(
    /^2026-11-22T09:00:00.000Z,\d+,data,12,JP,JP,12,0,0,0.00,CNY,from_bucket,.*,'=1\+1$/,
  )
})
