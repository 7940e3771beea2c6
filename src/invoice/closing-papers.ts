import { sql } from 'kysely'
import type { Issuer } from '../issuer/issuer.ts'
import { reasonWording } from '../ledger/reasons.ts'
import { liveParts, type PayoutPart } from '../payout/parts.ts'
import type { PayoutRoute } from '../payout/plan-payouts.ts'
import type { KeptSettlement } from '../payout/write-settlement.ts'
import { lineTax, type Tax } from '../plan/tax.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { Refusal, type Wording } from '../platform/errors.ts'
import type { GrossLine } from './amounts.ts'
import type { InvoiceInput } from './compose.ts'
import { issueInvoice, issueStatements, type Statement } from './issue-invoice.ts'

/** A closed card as its papers need it; src/closure/case.ts has it. */
export type ClosedCard = {
  cardId: string
  iccid: string
  plan: string
  currency: string
  settlement: KeptSettlement | null
  parts: PayoutPart[]
}
export type ClosedCase = {
  issuer: Issuer
  closureId: string
  closureNumber: string
  accountRef: string
  jurisdiction: string
  locale: 'zh-CN' | 'en'
  cards: ClosedCard[]
}

/**
 * The last papers of a closure, in the transaction that closes it, when nothing of it can be undone: for each card a
 * closing statement that ends at 0, and a credit note over each invoice of which an unused share went back. Credit
 * notes take numbers, so whoever closes with one holds up the issuer's other invoices until the transaction ends.
 */
export async function issueClosingPapers(ctx: Context, tx: Tx, closed: ClosedCase): Promise<void> {
  const { issuerId } = closed.issuer
  const cardIds = closed.cards.map((card) => card.cardId)
  const movements = await readMovements(tx, issuerId, cardIds)
  const statements = closed.cards.flatMap((card, at): Statement[] => {
    const lines = statementLines(card, movements.get(card.cardId) ?? [])
    if (!lines) {
      ctx.log.error('a closing statement does not add up and was not issued', logged(closed))
      return []
    }
    const { closureNumber } = closed
    const input: InvoiceInput = { ...inputFor(closed, card), kind: 'closing_statement', lines }
    return [{ input, number: `${closureNumber}-S${at + 1}`, closureNumber, cardEnding: card.iccid.slice(-4) }]
  })
  await issueStatements(ctx, tx, closed.issuer, statements)
  for (const card of closed.cards) {
    try {
      await creditUnused(ctx, tx, closed, card)
    } catch (error) {
      // A paper that can't be written holds no closing up: the money has gone back, the books say so.
      if (!(error instanceof Refusal)) throw error
      ctx.log.error('a credit note of a closing was refused', { ...logged(closed), code: error.code })
    }
  }
}

const logged = ({ issuer, closureId }: ClosedCase) => ({ issuer: issuer.issuerId, closure: closureId })

function inputFor(closed: ClosedCase, card: ClosedCard): Omit<InvoiceInput, 'kind' | 'lines'> {
  const { issuer, closureId, accountRef, jurisdiction, locale } = closed
  return {
    issuerId: issuer.issuerId,
    closureId,
    cardId: card.cardId,
    accountRef,
    jurisdiction,
    locale,
    currency: card.currency,
    paidBy: 'none',
  }
}

type Movement = { reason: string; amount: bigint }

/** What the journal says of each card's balance account, by reason, in the order in which it first happened. */
async function readMovements(tx: Tx, issuerId: string, cardIds: string[]): Promise<Map<string, Movement[]>> {
  // An account may be closed when all its cards are closed already.
  if (cardIds.length === 0) return new Map()
  const { rows } = await sql<{ card_id: string; reason: string; amount: string }>`
    select a.card_id, p.reason, sum(e.amount)::text as amount
      from ledger_account a
      join ledger_entry e on e.issuer_id = a.issuer_id and e.account_id = a.account_id
      join ledger_posting p on p.issuer_id = e.issuer_id and p.posting_id = e.posting_id
     where a.issuer_id = ${issuerId} and a.card_id in (${sql.join(cardIds)})
     group by a.card_id, p.reason
     order by min(e.seq)`.execute(tx)
  const byCard = new Map<string, Movement[]>()
  for (const { card_id, reason, amount } of rows)
    byCard.set(card_id, [...(byCard.get(card_id) ?? []), { reason, amount: BigInt(amount) }])
  return byCard
}

// The settlement is told by its own lines, and an undone one took itself back.
const told_by_settlement = ['closure_settlement', 'closure_undone']

/**
 * What came in, what was used, what lapsed, the fee, what went back. Undefined where that is not 0 in the end, which
 * `leb ledger check` will say more of.
 */
export function statementLines(card: ClosedCard, movements: Movement[]): GrossLine[] | undefined {
  const lines = movements
    .filter(({ reason }) => !told_by_settlement.includes(reason))
    .map(({ reason, amount }) => untaxed(reasonWording(reason), amount))
  for (const line of card.settlement?.lines ?? []) {
    if (line.kind === 'unused') lines.push(untaxed(unusedWords(line.code ?? card.plan), BigInt(line.amount)))
    if (line.kind === 'charged_back') lines.push(untaxed(chargedBackWords, BigInt(line.amount)))
    if (line.kind === 'closing_fee') lines.push(untaxed(feeWords, BigInt(line.amount)))
  }
  for (const part of liveParts(card.parts)) lines.push(untaxed(wordsOfPart(part), -part.amount))
  const said = lines.filter((line) => line.grossMinor !== 0n)
  const left = said.reduce((sum, line) => sum + line.grossMinor, 0n)
  if (left !== 0n) return undefined
  return said.length > 0 ? said : [untaxed(nothingWords, 0n)]
}

const untaxed = (text: Wording, grossMinor: bigint): GrossLine => ({
  text,
  grossMinor,
  quantity: 1,
  rateBp: 0,
  taxName: { 'zh-CN': '不涉及', en: 'None' },
})

const unusedWords = (code: string): Wording => ({
  'zh-CN': `${code} 未使用部分`,
  en: `Unused share of ${code}`,
})
const chargedBackWords: Wording = {
  'zh-CN': '付款方的银行已收回的款项',
  en: "Taken back by the payer's bank already",
}
const feeWords: Wording = { 'zh-CN': '注销手续费', en: 'Closing fee' }
const nothingWords: Wording = { 'zh-CN': '这张卡上没有过款项', en: 'There was never money on this card' }
const backWords: Record<PayoutRoute, Wording> = {
  original_payment: { 'zh-CN': '退回原付款方式', en: 'Back the way it was paid' },
  bank_transfer: { 'zh-CN': '转到银行账户', en: 'To a bank account' },
  voucher: { 'zh-CN': '代金券', en: 'As a voucher' },
  kept: { 'zh-CN': '为您保留，可随时领取', en: 'Kept for you, paid when you ask' },
  nothing: { 'zh-CN': '无需退款', en: 'Nothing to pay' },
}
const wordsOfPart = ({ route, claimUntil }: PayoutPart): Wording =>
  claimUntil === null
    ? backWords[route]
    : {
        'zh-CN': `未填写收款账户，为您保留，至少到 ${claimUntil} 可领取`,
        en: `Kept for you, as no account was named; paid when you ask, at least until ${claimUntil}`,
      }

/** The tax in an unused share was reversed in the books; the credit note says so on paper, over the same sums. */
async function creditUnused(ctx: Context, tx: Tx, closed: ClosedCase, card: ClosedCard): Promise<void> {
  for (const line of card.settlement?.lines ?? []) {
    if (line.kind !== 'unused' || line.orderId === undefined) continue
    const invoice = await findInvoice(tx, closed.issuer.issuerId, line.orderId)
    if (!invoice) continue
    await issueInvoice(ctx, tx, {
      ...inputFor(closed, card),
      kind: 'credit_note',
      orderId: line.orderId,
      corrects: invoice.invoiceId,
      lines: [
        {
          text: unusedWords(line.code ?? card.plan),
          quantity: 1,
          grossMinor: BigInt(line.amount),
          ...invoice.tax,
          taxMinor: BigInt(line.tax ?? '0'),
        },
      ],
    })
  }
}

async function findInvoice(
  tx: Tx,
  issuerId: string,
  orderId: string,
): Promise<
  { invoiceId: string; tax: Pick<GrossLine, 'rateBp' | 'taxName' | 'untaxed' | 'reason'> } | undefined
> {
  const row = await tx
    .selectFrom('invoice as i')
    .innerJoin('purchase_order as o', (j) =>
      j.onRef('o.issuer_id', '=', 'i.issuer_id').onRef('o.order_id', '=', 'i.order_id'),
    )
    .select(['i.invoice_id', 'o.tax'])
    .where('i.issuer_id', '=', issuerId)
    .where('i.order_id', '=', orderId)
    .where('i.kind', '=', 'invoice')
    .executeTakeFirst()
  if (!row) return undefined
  return { invoiceId: row.invoice_id, tax: lineTax(row.tax as Tax) }
}
