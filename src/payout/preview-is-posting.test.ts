import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addPayment, books, closeCard, setMoney } from '../../test/payouts.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { previewClosure } from '../closure/preview.ts'
import { houseAccounts } from '../ledger/accounts.ts'
import { post } from '../ledger/post.ts'
import { itemsOnSale } from '../plan/catalogue.ts'
import { putSampleCatalogue } from '../plan/sample-catalogue.ts'
import { splitTax } from '../plan/tax.ts'
import { inIssuer } from '../platform/db.ts'
import { keptSettlement, type KeptSettlement } from './write-settlement.ts'

const issuerId = 'roamly'
let leb: Outside
let items: Awaited<ReturnType<typeof itemsOnSale>>
beforeAll(async () => {
  leb = await openOutside({ lazyCurrency: 'eur' })
  await putSampleCatalogue(leb, [issuerId])
  items = await inIssuer(leb.db, issuerId, (tx) => itemsOnSale(tx, issuerId))
})
afterAll(() => leb.stop())

const currencies = ['EUR', 'KWD'] as const
type Currency = (typeof currencies)[number]
type Sold = { add_on: boolean; earned: number; left: number }

/** Something bought and delivered for the card, as its order would have left it in the books. */
async function sell(card: Seeded, sold: Sold, currency: Currency): Promise<void> {
  const item = items.find((one) => (one.kind === 'add_on') === sold.add_on)!
  const gross = BigInt(item.terms.prices[currency]!)
  const balance = item.kind === 'plan' ? BigInt(item.terms.balance[currency] ?? 0) : 0n
  const { net, tax } = splitTax(gross - balance, 1900)
  const earned = (net * BigInt(sold.earned)) / 100n
  const orderId = leb.ids.next()
  const at = leb.clock.now()
  await inIssuer(leb.db, issuerId, async (tx) => {
    await tx
      .insertInto('purchase_order')
      .values({
        issuer_id: issuerId,
        order_id: orderId,
        number: `R-${orderId}`,
        kind: sold.add_on ? 'add_on' : 'card',
        item_id: item.itemId,
        holder_id: card.holderId,
        card_id: card.cardId,
        jurisdiction: 'DE',
        locale: 'en',
        currency,
        net_minor: net + balance,
        tax_minor: tax,
        gross_minor: gross,
        earned_minor: earned,
        tax: JSON.stringify({ rateBp: 1900 }),
        pay_by: 'stripe',
        state: 'delivered',
        terms_version: '1',
        terms_sha256: 'x',
        accepted_at: at,
        created_at: at,
        pay_until: at,
        delivered_at: at,
      })
      .execute()
    if (!sold.add_on)
      await tx
        .updateTable('card')
        .set({ order_id: orderId, item_id: item.itemId, data_left_mb: BigInt(sold.left) })
        .where('card_id', '=', card.cardId)
        .execute()
    else
      await tx
        .insertInto('bucket')
        .values({
          issuer_id: issuerId,
          bucket_id: leb.ids.next(),
          card_id: card.cardId,
          order_id: orderId,
          kind: 'data',
          granted_units: 1000n,
          left_units: BigInt(sold.left),
          expires_at: new Date(at.getTime() + 86_400_000),
        })
        .execute()
    const kinds = ['cash_at_provider', 'deferred_revenue', 'tax_payable', 'revenue'] as const
    const house = await houseAccounts(leb, tx, { issuerId, kinds: [...kinds], currency })
    const entries = [
      { accountId: house.cash_at_provider!, amount: -(net + tax) },
      { accountId: house.deferred_revenue!, amount: net - earned },
      { accountId: house.tax_payable!, amount: tax },
      { accountId: house.revenue!, amount: earned },
    ]
    await post(leb, tx, {
      issuerId,
      key: `sold:${orderId}`,
      reason: 'order_delivered',
      entries: entries.filter(({ amount }) => amount !== 0n),
    })
  })
}

const history = fc.record({
  balance: fc.bigInt(0n, 9_000n),
  paid: fc.bigInt(1n, 9_000n),
  topUps: fc.array(fc.bigInt(1n, 3_000n), { maxLength: 3 }),
  sold: fc.array(
    fc.record({ add_on: fc.boolean(), earned: fc.integer({ min: 0, max: 100 }), left: fc.nat(1000) }),
    { maxLength: 3 },
  ),
  days: fc.option(fc.integer({ min: 0, max: 5 }), { nil: null }),
  unused: fc.constantFrom('nothing' as const, 'by_day' as const, 'by_use' as const),
  order: fc.constantFrom('oldest_first' as const, 'newest_first' as const),
  minimum: fc.constantFrom('0', '400'),
  voucher: fc.boolean(),
  hours: fc.integer({ min: 0, max: 72 }),
})

it.each(currencies)(
  'posts to the cent what was said before the declaration, whatever happened to the card, and nothing is lost (%s)',
  async (currency) => {
    let at = 0
    await fc.assert(
      fc.asyncProperty(history, async (past) => {
        await setMoney(leb, issuerId, {
          unused_plan: past.unused,
          payout_order: past.order,
          minimum_payout: { [currency]: past.minimum },
        })
        const card = await seedCard(leb, { issuerId, currency, residence: 'DE', ...past })
        const plan = past.sold.findIndex((one) => !one.add_on)
        for (const [n, one] of past.sold.entries())
          if (one.add_on || n === plan) await sell(card, one, currency)
        for (const [day, amount] of past.topUps.entries())
          await addPayment(leb, card, {
            ref: `pi_h${++at}_${currency.toLowerCase()}_1`,
            amount,
            currency,
            day: day + 2,
          })
        const activated =
          past.days === null ? null : new Date(leb.clock.now().getTime() - past.days * 86_400_000)
        await inIssuer(leb.db, issuerId, (tx) =>
          tx
            .updateTable('card')
            .set({ activated_at: activated })
            .where('card_id', '=', card.cardId)
            .execute(),
        )
        const before = await books(leb, issuerId, currency)
        const { voucher } = past
        const preview = await previewClosure(leb, {
          issuerId,
          accountId: card.accountId,
          cardIds: [card.cardId],
          act: 'terminate',
          voucher,
        })
        const said = preview.cards[0]!.settlement
        const closureId = await closeCard(leb, card, { start: 'after_undo_window', voucher })
        leb.clock.advance({ hours: past.hours + 1 })
        await leb.look(issuerId, closureId)

        const kept = await inIssuer(leb.db, issuerId, (tx) =>
          tx
            .selectFrom('closure_card')
            .select(['settlement', 'settled_minor'])
            .where('closure_id', '=', closureId)
            .executeTakeFirstOrThrow(),
        )
        expect(kept.settlement as KeptSettlement).toEqual(keptSettlement(said))
        expect(kept.settled_minor).toBe(said.total)
        const parts = await inIssuer(leb.db, issuerId, (tx) =>
          tx
            .selectFrom('payout_part')
            .select(['route', 'payment_id', 'amount_minor'])
            .where('closure_id', '=', closureId)
            .orderBy('ord')
            .execute(),
        )
        expect(parts).toEqual(
          said.parts.map((part) => ({
            route: part.route,
            payment_id: part.paymentId,
            amount_minor: part.amount,
          })),
        )
        const after = await books(leb, issuerId, currency)
        const moved = (kind: string) => (after[kind] ?? 0n) - (before[kind] ?? 0n)
        expect(moved('holder_balance')).toBe(-past.balance)
        const sum = (route: string) =>
          said.parts.filter((part) => part.route === route).reduce((all, part) => all + part.amount, 0n)
        expect(moved('cash_at_provider')).toBe(sum('original_payment'))
        expect(moved('vouchers')).toBe(sum('voucher'))
        expect(moved('refunds_payable')).toBe(sum('kept') + sum('bank_transfer'))
        // Nothing of this card's orders is left to be earned.
        const left = await inIssuer(leb.db, issuerId, (tx) =>
          tx
            .selectFrom('purchase_order')
            .select((e) => e.fn.sum<string>('earned_minor').as('earned'))
            .where('card_id', '=', card.cardId)
            .executeTakeFirstOrThrow(),
        )
        const deferred = -moved('deferred_revenue')
        expect(deferred >= 0n && deferred <= BigInt(left.earned ?? 0)).toBe(true)
      }),
      { seed: 20261122, numRuns: 40 },
    )
    // Every card is closed: what was deferred has been earned or given back.
    expect((await books(leb, issuerId, currency))['deferred_revenue']).toBeUndefined()
  },
  120_000,
)
