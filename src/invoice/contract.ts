import { z } from 'zod'
import { findIssuer } from '../issuer/issuer.ts'
import { itemById } from '../plan/catalogue.ts'
import { zoneName } from '../plan/zones.ts'
import { inZone } from '../platform/clock.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { assert, Refusal, type Wording } from '../platform/errors.ts'
import { policyFor } from '../policy/policy.ts'
import { sellerSchema, wording } from './content.ts'
import { anySellerOf } from './seller.ts'
import { termsByVersion } from './terms.ts'

/** What was agreed: what was bought, for how much, under which terms, accepted when. Names nobody, like an invoice. */
export const contractContent = z.object({
  version: z.literal(1),
  number: z.string(),
  timeZone: z.string(),
  locale: z.enum(['zh-CN', 'en']),
  seller: sellerSchema,
  buyer: z.object({ accountRef: z.string(), country: z.string() }),
  orderedAt: z.string(),
  acceptedAt: z.string(),
  madeAt: z.string(),
  bought: z.object({ text: wording, zone: wording.optional(), cardEnding: z.string().optional() }),
  price: z.object({ gross: z.string(), tax: z.string(), currency: z.string() }),
  terms: z.object({ version: z.string(), sha256: z.string() }),
})
export type ContractContent = z.infer<typeof contractContent>

export type ContractInput = {
  issuerId: string
  orderId: string
  termsVersion: string
  termsSha256: string
  acceptedAt: Date
  /** Of an order without an account yet; else it is the order's. */
  accountRef?: string
}

/**
 * Keeps the contract of an order, in the transaction that delivers it; the rest of what it says is read from the
 * order. Asked for again it is the same contract. Throws Refusal invoice/no_such_terms where the version or its hash
 * is not what the issuer published.
 */
export async function keepContract(
  ctx: Context,
  tx: Tx,
  input: ContractInput,
): Promise<{ contractId: string; number: string }> {
  const { issuerId, orderId } = input
  const known = await tx
    .selectFrom('contract')
    .select(['contract_id', 'number'])
    .where('issuer_id', '=', issuerId)
    .where('order_id', '=', orderId)
    .executeTakeFirst()
  if (known) return { contractId: known.contract_id, number: known.number }
  const terms = await termsByVersion(tx, issuerId, input.termsVersion)
  if (!terms || terms.sha256 !== input.termsSha256) throw new Refusal('invoice/no_such_terms')
  const content = await readContent(ctx, tx, input)
  const contractId = ctx.ids.next()
  await tx
    .insertInto('contract')
    .values({
      issuer_id: issuerId,
      contract_id: contractId,
      order_id: orderId,
      number: content.number,
      account_ref: content.buyer.accountRef,
      terms_version: input.termsVersion,
      terms_sha256: input.termsSha256,
      accepted_at: input.acceptedAt,
      content: JSON.stringify(content),
      made_at: ctx.clock.now(),
    })
    .execute()
  return { contractId, number: content.number }
}

async function readContent(ctx: Context, tx: Tx, input: ContractInput): Promise<ContractContent> {
  const { issuerId } = input
  const issuer = await findIssuer(tx, issuerId)
  assert(issuer, 'whoever sells is set up')
  const order = await tx
    .selectFrom('purchase_order as o')
    .leftJoin('account as a', (j) =>
      j.onRef('a.issuer_id', '=', 'o.issuer_id').onRef('a.account_id', '=', 'o.account_id'),
    )
    .leftJoin('card as c', (j) =>
      j.onRef('c.issuer_id', '=', 'o.issuer_id').onRef('c.card_id', '=', 'o.card_id'),
    )
    .select(['o.number', 'o.kind', 'o.item_id', 'o.zone', 'o.jurisdiction', 'o.locale', 'o.currency'])
    .select(['o.gross_minor', 'o.tax_minor', 'o.created_at', 'a.account_ref', 'c.iccid'])
    .where('o.issuer_id', '=', issuerId)
    .where('o.order_id', '=', input.orderId)
    .executeTakeFirst()
  assert(order, 'a contract is about an order')
  const accountRef = input.accountRef ?? order.account_ref
  assert(accountRef, 'a contract names the account')
  const { time_zone: timeZone } = policyFor(issuer.jurisdiction, ctx.clock.now())
  const time = (at: Date) => inZone(at, timeZone)
  const item = order.item_id ? await itemById(tx, issuerId, order.item_id) : undefined
  const topUp: Wording = { 'zh-CN': '充值', en: 'Top-up' }
  return {
    version: 1,
    number: order.number,
    timeZone,
    locale: order.locale as 'zh-CN' | 'en',
    seller: anySellerOf(issuer),
    buyer: { accountRef, country: order.jurisdiction },
    orderedAt: time(order.created_at),
    acceptedAt: time(input.acceptedAt),
    madeAt: time(ctx.clock.now()),
    bought: {
      text: item?.terms.name ?? topUp,
      ...(order.zone && { zone: zoneName(order.zone) }),
      ...(order.iccid && { cardEnding: order.iccid.slice(-4) }),
    },
    price: {
      gross: order.gross_minor.toString(),
      tax: order.tax_minor.toString(),
      currency: order.currency,
    },
    terms: { version: input.termsVersion, sha256: input.termsSha256 },
  }
}
