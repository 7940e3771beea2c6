import type { Mail } from '../adapters/mail/port.ts'
import type { PaidWith } from '../adapters/payment/port.ts'
import type { Case, CaseCard } from '../closure/case.ts'
import { isUnclaimed } from '../closure/unclaimed-words.ts'
import { formatMoney } from '../ledger/money.ts'
import type { Context } from '../platform/context.ts'
import { isByHand, liveParts, type PayoutPart } from '../payout/parts.ts'
import type { PayoutRoute } from '../payout/plan-payouts.ts'
import { progressUrl } from './closure-facts.ts'
import { renderLetter } from './letter.tsx'
import { arrivalOf, lastArrival } from '../payout/arrival.ts'
import { arrivesBy } from '../policy/clocks.ts'
import { countedIn } from '../policy/counted-in.ts'
import { documentFileName } from '../slip/document-file-name.ts'
import { certificateLetter, type Paid, type PapersWay } from './certificate-letter.ts'

/** The last mail of a closure. `to` is the address the account had before it was erased. */
export async function certificateMail(
  ctx: Context,
  input: { told: Case; to: string; pdf: Uint8Array; papers: PapersWay },
): Promise<Omit<Mail, 'key'>> {
  const { told, to, pdf, papers } = input
  const { closure, issuer } = told
  const locale = closure.locale as 'zh-CN' | 'en'
  const facts = {
    number: closure.number,
    declaredAt: closure.declared_at,
    dueAt: closure.due_at,
    zone: closure.zone,
    cards: told.cards.map((card) => ({ plan: card.plan, last4: card.iccid.slice(-4) })),
    progressUrl: progressUrl(ctx, issuer.issuerId, locale, closure.number),
  }
  const letter = certificateLetter(locale, facts, paidBack(ctx, told, locale), papers)
  return {
    from: { name: issuer.name[locale], address: issuer.providers.mail.from },
    to,
    subject: letter.subject,
    ...(await renderLetter(issuer, letter)),
    headers: { 'Auto-Submitted': 'auto-generated', 'Reply-To': issuer.brand.supportEmail },
    attachments: [
      {
        filename: documentFileName({ number: closure.number, kind: 'certificate' }),
        content: pdf,
        contentType: 'application/pdf',
      },
    ],
    date: ctx.clock.now(),
  }
}

function paidBack(ctx: Context, told: Case, locale: string): Paid {
  const counted = countedIn(told.policy, told.closure.zone)
  const isSent = (part: PayoutPart) => went(part, ['original_payment', 'bank_transfer']) && !isByHand(part)
  const sent = sumOfParts(told.cards, locale, isSent)
  const arrivals = told.cards.flatMap(({ parts }) => parts.map((part) => arrivalOf(counted, part)))
  // What came back since, and is with the bank again, has no day of its own yet.
  const by = lastArrival(arrivals) ?? arrivesBy(counted, ctx.clock.now())
  return {
    sent:
      sent === null
        ? null
        : {
            sum: sent,
            to: oneWay(told.cards.flatMap(({ parts }) => liveParts(parts).filter(isSent))),
            arrivesBy: by,
          },
    byHand: told.cards
      .flatMap(({ parts }) => liveParts(parts).filter(isByHand))
      .map((part) => ({
        sum: formatMoney(part, locale),
        on: part.paidAt!,
        reference: part.reference!,
      })),
    voucher: sumOf(told.cards, locale, ['voucher']),
    kept: sumOfParts(told.cards, locale, (part) => part.route === 'kept' && !isUnclaimed(part)),
    unclaimed: unclaimedOf(told, locale),
    takenBack: sumOfParts(told.cards, locale, ({ reference }) => reference === 'chargeback'),
  }
}

/** What all of it went back to; null where there are several, or one is not known. */
function oneWay([first, ...others]: PayoutPart[]): PaidWith | null {
  if (!first?.paidWith) return null
  const isSame = ({ paidWith }: PayoutPart) => JSON.stringify(paidWith) === JSON.stringify(first.paidWith)
  return others.every(isSame) ? first.paidWith : null
}

/** The earliest of their days, should they differ: it is promised of all of it. */
function unclaimedOf({ cards, closure }: Case, locale: string): Paid['unclaimed'] {
  const sum = sumOfParts(cards, locale, isUnclaimed)
  const days = cards.flatMap(({ parts }) => liveParts(parts).flatMap((part) => part.claimUntil ?? []))
  const [claimUntil] = days.toSorted()
  return sum !== null && claimUntil !== undefined
    ? { sum, claimUntil, slipCounts: closure.identity !== 'not_signed_in' }
    : null
}

/**
 * What went these ways, by currency: an account's cards may hold several. Not what was claimed, or came back, since the
 * certificate, and waits; nor what the payer's bank had given back already. Null where that is nothing.
 */
export function sumOf(cards: Parts[], locale: string, routes: PayoutRoute[]): string | null {
  return sumOfParts(cards, locale, (part) => went(part, routes))
}

const went = ({ route, state, reference }: PayoutPart, routes: PayoutRoute[]) =>
  reference !== 'chargeback' && routes.includes(route) && state !== 'waiting'

type Parts = Pick<CaseCard, 'parts' | 'currency'>

function sumOfParts(cards: Parts[], locale: string, counts: (part: PayoutPart) => boolean): string | null {
  const sums = new Map<string, bigint>()
  for (const { parts, currency } of cards)
    for (const part of liveParts(parts).filter(counts))
      sums.set(currency, (sums.get(currency) ?? 0n) + part.amount)
  const words = [...sums]
    .filter(([, amount]) => amount > 0n)
    .map(([currency, amount]) => formatMoney({ amount, currency }, locale))
  return words.length > 0 ? words.join(' + ') : null
}
