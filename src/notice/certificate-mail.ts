import type { Mail } from '../adapters/mail/port.ts'
import type { Case } from '../closure/case.ts'
import { formatMoney } from '../ledger/money.ts'
import type { Context } from '../platform/context.ts'
import { liveParts } from '../payout/parts.ts'
import { progressUrl } from './closure-facts.ts'
import { renderLetter } from './letter.tsx'
import { arrivesBy } from '../policy/clocks.ts'
import { certificateLetter, type Paid, type PapersWay } from './letters.ts'

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
    headers: { 'Auto-Submitted': 'auto-generated' },
    attachments: [
      { filename: `${closure.number}-certificate.pdf`, content: pdf, contentType: 'application/pdf' },
    ],
    date: ctx.clock.now(),
  }
}

/** Sums by currency: an account's cards may hold several. */
function paidBack(ctx: Context, told: Case, locale: string): Paid {
  const sums = new Map<string, bigint>()
  for (const card of told.cards) sums.set(card.currency, (sums.get(card.currency) ?? 0n) + sentOf(card))
  const words = [...sums]
    .filter(([, amount]) => amount > 0n)
    .map(([currency, amount]) => formatMoney({ amount, currency }, locale))
  if (words.length === 0) return null
  return { sum: words.join(' + '), arrivesBy: arrivesBy(told.policy, ctx.clock.now()) }
}

/** What is on its way or there: what was too little to be sent stays with us, and a voucher is no money. */
const sentOf = (card: Case['cards'][number]) =>
  liveParts(card.parts)
    .filter(({ route }) => route === 'original_payment' || route === 'bank_transfer')
    .reduce((sum, { amount }) => sum + amount, 0n)
