import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { seedCard, type SeedCard } from '../../test/seed.ts'
import type { NumberedInput } from './issue-invoice.ts'
import { putSampleTerms } from './sample-terms.ts'
import { termsAt } from './terms.ts'

export type SoldCard = {
  issuerId: string
  orderId: string
  accountId: string
  accountRef: string
  cardId: string
  holderId: string
}

/** A card with the order it was sold by, delivered: what stands in the tables when an invoice is due. */
export async function soldCard(ctx: Context, card: SeedCard = {}, grossMinor = 11_900n): Promise<SoldCard> {
  const seeded = await seedCard(ctx, card)
  await putSampleTerms(ctx, [seeded.issuerId])
  const [orderId, now] = [ctx.ids.next(), ctx.clock.now()]
  const { issuerId, accountId, cardId, holderId } = seeded
  const accountRef = await inIssuer(ctx.db, issuerId, async (tx) => {
    const terms = (await termsAt(tx, issuerId, now))!
    await tx
      .insertInto('purchase_order')
      .values({
        issuer_id: issuerId,
        order_id: orderId,
        number: `${issuerId.toUpperCase()}-O-${orderId.slice(-8).toUpperCase()}`,
        kind: 'top_up',
        holder_id: holderId,
        account_id: accountId,
        card_id: cardId,
        jurisdiction: card.residence ?? 'CN',
        locale: card.locale ?? 'zh-CN',
        currency: card.currency ?? 'CNY',
        net_minor: grossMinor,
        tax_minor: 0n,
        gross_minor: grossMinor,
        tax: JSON.stringify({}),
        pay_by: 'stripe',
        state: 'delivered',
        terms_version: terms.version,
        terms_sha256: terms.sha256,
        accepted_at: now,
        created_at: now,
        pay_until: now,
        delivered_at: now,
      })
      .execute()
    const account = await tx
      .selectFrom('account')
      .select('account_ref')
      .where('account_id', '=', accountId)
      .executeTakeFirstOrThrow()
    return account.account_ref
  })
  return { issuerId, orderId, accountId, accountRef, cardId, holderId }
}

/** The invoice of such an order. */
export function invoiceFor(sold: SoldCard, over: Partial<NumberedInput> = {}): NumberedInput {
  return {
    issuerId: sold.issuerId,
    kind: 'invoice',
    orderId: sold.orderId,
    accountRef: sold.accountRef,
    jurisdiction: 'CN',
    locale: 'zh-CN',
    currency: 'CNY',
    paidBy: 'stripe',
    lines: [
      {
        text: { 'zh-CN': 'LEB 三日卡', en: 'LEB 3-day card' },
        quantity: 1,
        grossMinor: 11_900n,
        rateBp: 600,
        taxName: { 'zh-CN': '增值税', en: 'VAT (China)' },
      },
    ],
    ...over,
  }
}
