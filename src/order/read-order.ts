import { sql } from 'kysely'
import type { Money } from '../ledger/money.ts'
import { voucherCode } from '../payout/voucher.ts'
import type { Tax } from '../plan/tax.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { Refusal, type Wording } from '../platform/errors.ts'
import { readActivation } from './activation.ts'
import { givenBackAt } from './held-up.ts'
import type { RefundReason } from './order-case.ts'
import { isOrderToken, orderToken } from './order-token.ts'
import type { PayBy } from './pay-ways.ts'

export type OrderState = 'awaiting_payment' | 'paid' | 'delivered' | 'refunding' | 'refunded' | 'lapsed'

/** `gone`: the buyer's person is erased, so no account can be kept. */
export type OrderTransfer = {
  partId: string
  state: 'waiting' | 'sent' | 'paid'
  account: 'wanted' | 'given' | 'gone'
}

/**
 * Money that came for an order by bank transfer and did not fit it (paid twice, another sum): it goes back. `account`
 * as of a transfer; `round` counts how often it was tried.
 */
export type OrderExtra = {
  receiptId: string
  reason: string
  amount: Money
  round: number
  state: 'waiting' | 'sent' | 'paid'
  account: OrderTransfer['account']
}

/** An order as its buyer sees it. */
export type OrderView = {
  issuerId: string
  orderId: string
  number: string
  token: string
  kind: 'card' | 'top_up' | 'add_on'
  state: OrderState
  code: string | null
  name: Wording | null
  zone: string | null
  gross: Money
  net: Money
  tax: Money
  taxRule: Tax
  payBy: PayBy
  payUntil: Date
  createdAt: Date
  deliveredAt: Date | null
  /** When its buyer took it back, unpaid; it is lapsed then. */
  takenBackAt: Date | null
  /** Paid, and held up on our side: why, and when its money goes back by itself. */
  heldUp: { reason: string; since: Date; givenBackAt: Date } | null
  refundReason: RefundReason | null
  /** How the money goes back, once that is decided. */
  refundRoute: 'original_payment' | 'bank_transfer' | 'voucher' | 'nothing' | null
  /** Of money that is transferred: the part that counts, how far it is, and whether we know where to. */
  transfer: OrderTransfer | null
  /** What came for it besides and goes back, oldest first. */
  extras: OrderExtra[]
  /** Since when its buyer is asked for an account, and how often they were reminded; null when they are not. */
  accountAsked: { at: Date; reminders: number } | null
  /** What still goes back, where somebody has taken a part of it before. */
  owedBack: Money | null
  /** Of the voucher that was given back for one that had paid. */
  voucherCode: string | null
  holderId: string
  /** Where its buyer lived when it was made (ISO 3166-1 alpha-2). */
  jurisdiction: string
  /** In which its buyer is written to. */
  locale: 'zh-CN' | 'en'
  cardId: string | null
  iccid: string | null
  /** When the card was sold, from when the days to withdraw count; null once it is being closed. */
  soldAt: Date | null
  /** `LPA:1$…`; there for a delivered card until its person is erased. */
  activation: string | null
  termsVersion: string
}

/** One order, or undefined. Whoever calls has made sure that it may be seen. */
export async function readOrder(
  ctx: Context,
  tx: Tx,
  which: { issuerId: string } & ({ orderId: string } | { number: string }),
): Promise<OrderView | undefined> {
  const row = await orders(tx, which.issuerId)
    .$if('orderId' in which, (q) => q.where('o.order_id', '=', (which as { orderId: string }).orderId))
    .$if('number' in which, (q) => q.where('o.number', '=', (which as { number: string }).number))
    .executeTakeFirst()
  if (!row) return undefined
  const keys = await ctx.keys.vault(which.issuerId)
  const hasCode = row.kind === 'card' && row.state === 'delivered'
  const at = { issuerId: which.issuerId, holderId: row.holder_id, orderId: row.order_id }
  const { currency } = row
  return {
    issuerId: which.issuerId,
    orderId: row.order_id,
    number: row.number,
    token: orderToken(keys, row.order_id),
    kind: row.kind as OrderView['kind'],
    state: row.state as OrderState,
    code: row.code,
    name: row.name,
    zone: row.zone,
    gross: { amount: row.gross_minor, currency },
    net: { amount: row.net_minor, currency },
    tax: { amount: row.tax_minor, currency },
    taxRule: row.tax as Tax,
    payBy: row.pay_by as PayBy,
    payUntil: row.pay_until,
    createdAt: row.created_at,
    deliveredAt: row.delivered_at,
    takenBackAt: row.taken_back_at,
    heldUp: heldUpOf(row),
    refundReason: row.refund_reason as RefundReason | null,
    refundRoute: (row.part?.route ?? null) as OrderView['refundRoute'],
    transfer: transferOf(row),
    accountAsked: row.bank_asked_at && { at: row.bank_asked_at, reminders: row.bank_reminders },
    extras: row.extras.map((extra) => extraOf(extra, row.account)),
    owedBack: row.part && { amount: BigInt(row.part.amount), currency },
    voucherCode:
      row.part?.route === 'voucher' && row.part.reference !== null
        ? voucherCode(keys, which.issuerId, row.part.reference)
        : null,
    holderId: row.holder_id,
    jurisdiction: row.jurisdiction,
    locale: row.locale as OrderView['locale'],
    cardId: row.card_id,
    iccid: row.iccid,
    soldAt: row.card_state === 'open' ? row.sold_at : null,
    activation: hasCode ? await readActivation(ctx, tx, at) : null,
    termsVersion: row.terms_version,
  }
}

function heldUpOf(row: {
  state: string
  jurisdiction: string
  held_up_since: Date | null
  held_up_by: string | null
}): OrderView['heldUp'] {
  const until = givenBackAt(row)
  if (row.state !== 'paid' || !until) return null
  return { reason: row.held_up_by!, since: row.held_up_since!, givenBackAt: until }
}

function transferOf({ part, account }: { part: PartJson | null; account: string }): OrderTransfer | null {
  if (part?.route !== 'bank_transfer') return null
  const { partId, state } = part
  return { partId, state: state as OrderTransfer['state'], account: account as OrderTransfer['account'] }
}

function extraOf(extra: ExtraJson, account: string): OrderExtra {
  const { receiptId, reason, currency, round, partState } = extra
  const known = partState === null ? (account === 'gone' ? 'gone' : 'wanted') : account
  return {
    receiptId,
    reason,
    amount: { amount: BigInt(extra.amount), currency },
    round,
    state: (partState ?? 'waiting') as OrderExtra['state'],
    account: known as OrderExtra['account'],
  }
}

/** The order behind number and token. Throws Refusal order/no_such_order for a wrong pair, without saying which. */
export async function orderByToken(
  ctx: Context,
  tx: Tx,
  which: { issuerId: string; number: string; token: string },
): Promise<OrderView> {
  const order = await readOrder(ctx, tx, { issuerId: which.issuerId, number: which.number })
  const { codeKey } = await ctx.keys.vault(which.issuerId)
  if (!order || !isOrderToken({ codeKey }, order.orderId, which.token))
    throw new Refusal('order/no_such_order')
  return order
}

type PartJson = { partId: string; route: string; state: string; reference: string | null; amount: string }

type ExtraJson = {
  receiptId: string
  reason: string
  amount: string
  currency: string
  round: number
  partState: string | null
}

function orders(tx: Tx, issuerId: string) {
  return tx
    .selectFrom('purchase_order as o')
    .leftJoin('catalogue_item as i', (j) =>
      j.onRef('i.issuer_id', '=', 'o.issuer_id').onRef('i.item_id', '=', 'o.item_id'),
    )
    .leftJoin('card as c', (j) =>
      j.onRef('c.issuer_id', '=', 'o.issuer_id').onRef('c.card_id', '=', 'o.card_id'),
    )
    .select(['o.order_id', 'o.number', 'o.kind', 'o.state', 'o.zone', 'o.currency', 'o.gross_minor'])
    .select(['o.net_minor', 'o.tax_minor', 'o.tax', 'o.pay_by', 'o.pay_until', 'o.created_at'])
    .select([
      'o.delivered_at',
      'o.taken_back_at',
      'o.refund_reason',
      'o.holder_id',
      'o.card_id',
      'o.terms_version',
    ])
    .select([
      'o.jurisdiction',
      'o.locale',
      'o.held_up_since',
      'o.held_up_by',
      'o.bank_asked_at',
      'o.bank_reminders',
    ])
    .select(['i.code', 'c.iccid', 'c.sold_at', 'c.state as card_state'])
    .select(sql<Wording | null>`i.terms -> 'name'`.as('name'))
    .select(
      sql<PartJson | null>`
        (select json_build_object('partId', p.part_id, 'route', p.route, 'state', p.state,
                  'reference', p.reference, 'amount', p.amount_minor::text)
           from payout_part p
          where p.issuer_id = o.issuer_id and p.order_id = o.order_id order by p.ord desc limit 1)`.as(
        'part',
      ),
    )
    .select(
      sql<string>`
        case when exists (select 1 from vault_item v
                           where v.issuer_id = o.issuer_id and v.item_id = o.bank_item_id and v.kind = 'bank') then 'given'
             when exists (select 1 from holder h where h.issuer_id = o.issuer_id and h.holder_id = o.holder_id
                             and h.wrapped_key is null) then 'gone'
             else 'wanted' end`.as('account'),
    )
    .select(
      sql<ExtraJson[]>`
        (select coalesce(json_agg(json_build_object('receiptId', r.receipt_id, 'reason', r.reason,
                  'amount', r.amount_minor::text, 'currency', r.currency, 'round', r.tries, 'partState', q.state)
                  order by r.received_at, r.receipt_id), '[]')
           from unmatched_receipt r
           join payment y on y.issuer_id = r.issuer_id and y.payment_id = r.payment_id and y.provider = 'bank'
           left join payout_part q on q.issuer_id = r.issuer_id and q.receipt_id = r.receipt_id
                                  and q.state in ('waiting', 'sent', 'paid')
          where r.issuer_id = o.issuer_id and r.order_id = o.order_id
            and (r.state in ('waiting', 'refunding') or r.state = 'refunded' and q.part_id is not null))`.as(
        'extras',
      ),
    )
    .where('o.issuer_id', '=', issuerId)
}
