import { closureRefusals, type ClosureRefusal } from '../closure/refusals.ts'
import { holderRefusals, type HolderRefusal } from '../holder/refusals.ts'
import { invoiceRefusals, type InvoiceRefusal } from '../invoice/refusals.ts'
import { ledgerRefusals, type LedgerRefusal } from '../ledger/refusals.ts'
import { payoutRefusals, type PayoutRefusal } from '../payout/refusals.ts'
import { orderRefusals, type OrderRefusal } from '../order/refusals.ts'
import { paymentRefusals, type PaymentRefusal } from '../payment/refusals.ts'
import type { Refusal } from '../platform/errors.ts'
import { exportRefusals, type ExportRefusal } from '../privacy/export-person.ts'
import { usageRefusals, type UsageRefusal } from '../usage/refusals.ts'
import type { Lang } from '../web/lang.ts'
import { apiProblems, type ApiProblem, type ProblemText } from './api-problems.ts'

export type ProblemCode =
  | ApiProblem
  | HolderRefusal
  | ClosureRefusal
  | OrderRefusal
  | LedgerRefusal
  | PaymentRefusal
  | PayoutRefusal
  | ExportRefusal
  | UsageRefusal
  | InvoiceRefusal

/** Every problem the API can answer with. A code added to a feature's union fails to compile until it has its text. */
export const problemTexts: Record<ProblemCode, ProblemText> = {
  ...apiProblems,
  ...holderRefusals,
  ...closureRefusals,
  ...orderRefusals,
  ...ledgerRefusals,
  ...paymentRefusals,
  ...payoutRefusals,
  ...exportRefusals,
  ...usageRefusals,
  ...invoiceRefusals,
}

/** RFC 9457, with what the person can do now in `next`, and a place for each fault of the input in `errors`. */
export type Problem = {
  type: string
  title: string
  status: number
  detail: string
  next: string
  /** Number of the closure that is meant, where the problem is about one. */
  number?: string
  errors?: InputError[]
}
export type InputError = { detail: string; pointer?: string; in?: string; name?: string }

/** The same on every installation, and on the one that answers it opens the page which explains it (adr/0026). */
export const problemType = (code: string): string => `/problems/${code}`

/** The one place where a refusal becomes a problem; undefined for a code without a text, which is a bug of ours. */
export function problemOf(refusal: Refusal, lang: Lang): Problem | undefined {
  const text = (problemTexts as Record<string, ProblemText | undefined>)[refusal.code]
  if (!text) return undefined
  const title = refusal.fillIn(text.title, lang)
  const next = refusal.fillIn(text.next, lang)
  return {
    type: problemType(refusal.code),
    title,
    status: text.status,
    detail: lang === 'en' ? `${title}. ${next}` : `${title}。${next}`,
    next,
    ...(refusal.facts['number'] && { number: refusal.facts['number'] }),
  }
}
