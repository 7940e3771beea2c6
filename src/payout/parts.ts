import { sql } from 'kysely'
import type { PaidWith } from '../adapters/payment/port.ts'
import type { Tx } from '../platform/db.ts'
import type { PayoutRoute } from './plan-payouts.ts'

/** One way that money of a settlement goes back (payout_part). A refused one stays, as evidence. */
export type PayoutPart = {
  partId: string
  cardId: string
  ord: number
  route: PayoutRoute
  paymentId: string | null
  /** The provider's name of the payment it goes back to. */
  paymentRef: string | null
  amount: bigint
  currency: string
  state: 'waiting' | 'sent' | 'paid' | 'refused'
  reference: string | null
  refusal: string | null
  paidAt: Date | null
  /** It stood in a file for the bank, with the account that its holder named. */
  inFile: boolean
  /**
   * Of what is kept because no account was named: the last day (YYYY-MM-DD) to which it is promised, at least, that it is
   * paid when asked for. Null of any other part, also of what is kept because it is too little.
   */
  claimUntil: string | null
  /** What its payment was made with, once read (closure/name-payments.ts); null where it is not known. */
  paidWith?: PaidWith | null
}

/** A part as the database says it in JSON: money as text, since JSON has no whole numbers of this size. */
export type PartJson = Omit<PayoutPart, 'amount' | 'paidAt'> & { amount: string; paidAt: string | null }

/** The parts of a row `k` of closure_card, in their order, for a select that has other facts of the card as well. */
export const partsOfK = sql<PartJson[]>`
  (select coalesce(json_agg(json_build_object('partId', q.part_id, 'cardId', q.card_id, 'ord', q.ord,
            'route', q.route, 'paymentId', q.payment_id, 'paymentRef', y.provider_ref,
            'amount', q.amount_minor::text, 'currency', q.currency, 'state', q.state, 'reference', q.reference,
            'refusal', q.refusal, 'paidAt', q.paid_at, 'inFile', q.file_id is not null, 'claimUntil', q.claim_until)
            order by q.ord), '[]')
     from payout_part q left join payment y on y.issuer_id = q.issuer_id and y.payment_id = q.payment_id
    where q.issuer_id = k.issuer_id and q.closure_id = k.closure_id and q.card_id = k.card_id)`

export function partOf(json: PartJson): PayoutPart {
  return { ...json, amount: BigInt(json.amount), paidAt: json.paidAt === null ? null : new Date(json.paidAt) }
}

/** The parts that count: what was refused has been replaced by others, or given back to the card. */
export function liveParts<P extends Pick<PayoutPart, 'state'>>(parts: P[]): P[] {
  return parts.filter((part) => part.state !== 'refused')
}

/** A transfer that staff made, to an account that was agreed with them (`leb paid`): nobody named one here. */
export const isByHand = ({ route, state, inFile, reference }: Omit<PayoutPart, 'amount'>): boolean =>
  route === 'bank_transfer' && state === 'paid' && !inFile && reference !== 'chargeback'

/** Puts a part's new state down, in the row and in the one at hand. */
export async function notePart(
  tx: Tx,
  issuerId: string,
  part: PayoutPart,
  facts: Partial<Pick<PayoutPart, 'state' | 'reference' | 'refusal' | 'paidAt'>>,
): Promise<void> {
  await tx
    .updateTable('payout_part')
    .set({
      ...(facts.state !== undefined && { state: facts.state }),
      ...(facts.reference !== undefined && { reference: facts.reference }),
      ...(facts.refusal !== undefined && { refusal: facts.refusal }),
      ...(facts.paidAt !== undefined && { paid_at: facts.paidAt }),
    })
    .where('issuer_id', '=', issuerId)
    .where('part_id', '=', part.partId)
    .execute()
  Object.assign(part, facts)
}
