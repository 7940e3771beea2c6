import { afterAll, beforeAll, expect, it } from 'vitest'
import { addPayment, books, closeCard, partsOf, setMoney, stateOf } from '../../test/payouts.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { seedCard } from '../../test/seed.ts'
import { claimKept } from '../closure/claim-kept.ts'
import { inIssuer } from '../platform/db.ts'
import { checkVoucher, redeemVoucher, voucherCode } from './voucher.ts'

const issuerId = 'roamly'
let leb: Outside
beforeAll(async () => void (leb = await openOutside({ lazyCurrency: 'eur' })))
afterAll(() => leb.stop())

const card = (balance: bigint) =>
  seedCard(leb, { issuerId, currency: 'EUR', residence: 'DE', balance, paid: 5000n })

it('keeps what is below the minimum, closes all the same, and pays it when the holder asks, once', async () => {
  await setMoney(leb, issuerId, { minimum_payout: { EUR: '500' } })
  const small = await card(499n)
  const closureId = await closeCard(leb, small)
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
  expect(await partsOf(leb, issuerId, closureId)).toEqual(['kept waiting 499'])
  expect((await books(leb, issuerId, 'EUR'))['refunds_payable']).toBe(499n)
  await claimKept(leb, { issuerId, closureId })
  await expect(claimKept(leb, { issuerId, closureId })).rejects.toMatchObject({ code: 'payout/nothing_kept' })
  await leb.look(issuerId, closureId)
  expect(await partsOf(leb, issuerId, closureId)).toEqual([
    'kept refused 499 claimed',
    'original_payment paid 499',
  ])
  expect((await books(leb, issuerId, 'EUR'))['refunds_payable']).toBeUndefined()
  const enough = await closeCard(leb, await card(500n))
  expect(await partsOf(leb, issuerId, enough)).toEqual(['original_payment paid 500'])
  await setMoney(leb, issuerId, {})
})

it('settles by the rules that were told, whatever the issuer changes after the declaration', async () => {
  const told = await card(900n)
  const closureId = await closeCard(leb, told, { start: 'after_undo_window' })
  await setMoney(leb, issuerId, { minimum_payout: { EUR: '100000' }, payout_order: 'oldest_first' })
  await addPayment(leb, told, { ref: 'pi_newest_eur_1', amount: 100n, currency: 'EUR', day: 3 })
  leb.clock.advance({ hours: 1 })
  await leb.look(issuerId, closureId)
  expect(await partsOf(leb, issuerId, closureId)).toEqual([
    'original_payment paid 100',
    'original_payment paid 800',
  ])
  await setMoney(leb, issuerId, {})
})

it('gives a voucher only when it was asked for, and takes each cent of it once', async () => {
  const closureId = await closeCard(leb, await card(1000n), { voucher: true })
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
  expect(await partsOf(leb, issuerId, closureId)).toEqual(['voucher paid 1000'])
  expect((await books(leb, issuerId, 'EUR'))['vouchers']).toBe(1000n)
  const voucher = await inIssuer(leb.db, issuerId, (tx) =>
    tx.selectFrom('voucher').selectAll().executeTakeFirstOrThrow(),
  )
  const keys = await leb.keys.vault(issuerId)
  const code = voucherCode(keys, issuerId, voucher.voucher_id)
  expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$/)
  expect(Object.values(voucher).map(String).join(' ')).not.toContain(code.replaceAll('-', ''))

  const order = async () => {
    const orderId = leb.ids.next()
    await insertOrder(orderId)
    return orderId
  }
  const redeem = (orderId: string, amount: bigint, change: { code?: string; currency?: string } = {}) =>
    inIssuer(leb.db, issuerId, (tx) =>
      redeemVoucher(leb, tx, { issuerId, code, orderId, amount, currency: 'EUR', ...change }),
    )
  const look = (amount: bigint, change: { code?: string; currency?: string } = {}) =>
    inIssuer(leb.db, issuerId, (tx) =>
      checkVoucher(leb, tx, { issuerId, code, amount, currency: 'EUR', ...change }),
    )
  const [first, second] = [await order(), await order()]
  const typed = code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')
  const used = await redeem(first, 600n, { code: typed })
  expect(used).toEqual({ ref: `${voucher.voucher_id}:1`, left: { amount: 400n, currency: 'EUR' } })
  expect(await redeem(first, 600n)).toEqual(used)
  // Looked at, it says the same and gives nothing.
  await look(400n)
  await expect(look(401n)).rejects.toMatchObject({ code: 'voucher/too_small' })
  await expect(look(1n, { currency: 'USD' })).rejects.toMatchObject({ code: 'voucher/other_currency' })
  await expect(look(1n, { code: '0000-0000-0000-0000' })).rejects.toMatchObject({ code: 'voucher/unknown' })
  await expect(redeem(second, 401n)).rejects.toMatchObject({ code: 'voucher/too_small' })
  await expect(redeem(second, 1n, { currency: 'USD' })).rejects.toMatchObject({
    code: 'voucher/other_currency',
  })
  await expect(redeem(second, 1n, { code: '0000-0000-0000-0000' })).rejects.toMatchObject({
    code: 'voucher/unknown',
  })
  const both = await Promise.allSettled([redeem(second, 300n), redeem(await order(), 300n)])
  expect(both.filter((one) => one.status === 'fulfilled')).toHaveLength(1)
  leb.clock.advance({ days: 1097 })
  await expect(look(1n)).rejects.toMatchObject({ code: 'voucher/expired' })
  await expect(redeem(await order(), 1n)).rejects.toMatchObject({ code: 'voucher/expired' })
})

it('pays money back, not a voucher, when a whole account is closed', async () => {
  const one = await card(700n)
  const closureId = await closeCard(leb, one, { cardIds: 'account', act: 'erase', voucher: true })
  expect(await partsOf(leb, issuerId, closureId)).toEqual(['original_payment paid 700'])
})

/** An order that a voucher could pay: only that it exists is of interest here. */
async function insertOrder(orderId: string): Promise<void> {
  const at = leb.clock.now()
  await inIssuer(leb.db, issuerId, async (tx) => {
    const { holder_id } = await tx.selectFrom('holder').select('holder_id').executeTakeFirstOrThrow()
    await tx
      .insertInto('purchase_order')
      .values({
        issuer_id: issuerId,
        order_id: orderId,
        number: `R-${orderId}`,
        kind: 'top_up',
        holder_id,
        jurisdiction: 'DE',
        locale: 'en',
        currency: 'EUR',
        net_minor: 600n,
        tax_minor: 0n,
        gross_minor: 600n,
        tax: JSON.stringify({ rateBp: 0 }),
        pay_by: 'voucher',
        state: 'awaiting_payment',
        terms_version: '1',
        terms_sha256: 'x',
        accepted_at: at,
        created_at: at,
        pay_until: at,
      })
      .execute()
  })
}
