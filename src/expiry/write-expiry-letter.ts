import type { Issuer } from '../issuer/issuer.ts'
import { cardText } from '../card/pages/card-text.ts'
import { leftWords } from '../card/pages/left-words.ts'
import { type Card, readCard } from '../card/card-store.ts'
import { type OnSale, readOnSale } from '../order/on-sale.ts'
import { zoneName } from '../plan/zones.ts'
import { formatMoney } from '../ledger/money.ts'
import type { Written } from '../notice/send-notice.ts'
import { formatMoment } from '../web/dates.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { toldZone } from '../policy/told-zone.ts'
import { readPerson } from '../privacy/vault.ts'
import { type EndFacts, endedLetter, endingLetter } from './expiry-letters.ts'
import { expiryPath } from './expiry-urls.ts'
import { canUse, type Outlook, outlookOf } from './outlook.ts'

type Which = { noticeId: string; cardId: string; kind: 'expiry_soon' | 'expiry_over'; locale: 'zh-CN' | 'en' }
type Told = {
  subject: EndFacts['subject']
  ends_at: Date
  outcome: string | null
  amount_minor: bigint
  currency: string
  data_mb: bigint
  voice_s: bigint
  sms: bigint
  kept_until: Date | null
}

/**
 * The mail about a card, kept balance or add-on that ends or has ended. A warning says what is true when it is sent;
 * `dropped` says why there is nothing to send: `overtaken` (used, extended, closed meanwhile) or `no_address`.
 */
export async function writeExpiryLetter(
  ctx: Context,
  tx: Tx,
  issuer: Issuer,
  which: Which,
): Promise<Written | { dropped: 'overtaken' | 'no_address' }> {
  const { issuerId } = issuer
  const card = await readCard(tx, issuerId, which.cardId)
  const told = await readTold(tx, issuerId, which)
  const at = ctx.clock.now()
  const onSale = card && (await readOnSale(tx, issuerId, card, at))
  const facts = card && told && onSale && factsOf(ctx, issuer, { which, card, told, onSale })
  if (!facts) return { dropped: 'overtaken' }
  const to = await readAddress(ctx, tx, issuerId, card.accountId)
  if (!to) return { dropped: 'no_address' }
  const letter =
    which.kind === 'expiry_soon'
      ? endingLetter(which.locale, facts)
      : endedLetter(which.locale, facts, issuer.brand.appealEmail)
  return { to, letter }
}

async function readTold(tx: Tx, issuerId: string, which: Which): Promise<Told | undefined> {
  const row = await tx
    .selectFrom('expiry_notice')
    .select(['subject', 'ends_at', 'outcome', 'amount_minor', 'currency', 'data_mb', 'voice_s', 'sms'])
    .select('kept_until')
    .where('issuer_id', '=', issuerId)
    .where('card_id', '=', which.cardId)
    .where('notice_id', '=', which.noticeId)
    .executeTakeFirst()
  return row && { ...row, subject: row.subject as Told['subject'] }
}

async function readAddress(ctx: Context, tx: Tx, issuerId: string, accountId: string) {
  const account = await tx
    .selectFrom('account')
    .select('holder_id')
    .where('issuer_id', '=', issuerId)
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow()
  return (await readPerson(ctx, tx, issuerId, account.holder_id))?.email
}

type Input = { which: Which; card: Card; told: Told; onSale: OnSale }

/** Undefined when the mail would say what is no longer so. */
function factsOf(ctx: Context, issuer: Issuer, { which, card, told, onSale }: Input): EndFacts | undefined {
  const { locale } = which
  const zone = toldZone(card.jurisdiction, ctx.clock.now())
  const outlook = outlookOf(issuer, card, onSale, ctx.clock.now())
  const now = which.kind === 'expiry_soon' ? warningNow(ctx, outlook, card, told) : endAsTold(card, told)
  if (!now) return undefined
  const left = { dataLeftMb: told.data_mb, voiceLeftS: told.voice_s, smsLeft: told.sms }
  const worth = told.data_mb + told.voice_s + told.sms > 0n
  const url = (choice?: 'use' | 'extend' | 'close') =>
    `${ctx.config.publicUrl}/${issuer.issuerId}/${locale}${expiryPath(card.cardId, choice)}`
  return {
    subject: told.subject,
    money: now.money,
    card: cardWords(card, locale),
    endsAt: formatMoment(told.ends_at, locale, zone),
    sum: formatMoney({ amount: now.amount, currency: told.currency }, locale),
    left: worth ? leftWords(left, locale) : '',
    keptUntil: now.keptUntil ? formatMoment(now.keptUntil, locale, zone) : '',
    canUse: outlook !== undefined && canUse(outlook, card.balance.amount),
    canExtend: onSale.days !== null,
    urls: { use: url('use'), extend: url('extend'), close: url('close'), page: url() },
  }
}

/** `3-day card (Japan) ending 4242`, `尾号 4242 的三日卡（日本）`. */
function cardWords({ plan, zone, iccid }: Card, locale: 'zh-CN' | 'en'): string {
  const [name, where] = [cardText[locale].plan(plan), zoneName(zone)[locale]]
  const ending = cardText[locale].ending(iccid.slice(-4))
  return locale === 'en' ? `${name} (${where}) ${ending}` : `${ending} 的${name}（${where}）`
}

type Now = { money: EndFacts['money']; amount: bigint; keptUntil: Date | null }

function warningNow(ctx: Context, outlook: Outlook | undefined, card: Card, told: Told): Now | undefined {
  const at = ctx.clock.now()
  if (card.state !== 'open' || told.ends_at <= at) return undefined
  if (told.subject === 'bucket') return { money: 'none', amount: 0n, keptUntil: null }
  const ends = card.lapsedAt ? card.keptUntil : card.expiresAt
  if (ends?.getTime() !== told.ends_at.getTime()) return undefined
  const nothingLeft = card.balance.amount === 0n && told.data_mb + told.voice_s + told.sms === 0n
  if (!outlook || nothingLeft || outlook.money === 'waits') return undefined
  const { amount } = card.balance
  if (told.subject === 'kept') return amount > 0n ? { money: 'lapses', amount, keptUntil: null } : undefined
  const keptUntil = outlook.money === 'kept' ? outlook.until : null
  return { money: outlook.money, amount, keptUntil }
}

/** What happened stays true, but for money that was kept and has gone its way since. */
function endAsTold(card: Card, told: Told): Now | undefined {
  const amount = told.amount_minor
  if (told.outcome === 'kept') {
    const stillKept = card.state === 'open' && card.keptUntil?.getTime() === told.kept_until?.getTime()
    return stillKept ? { money: 'kept', amount, keptUntil: told.kept_until } : undefined
  }
  if (told.outcome === 'refund') return { money: 'goes_back', amount, keptUntil: null }
  return { money: amount > 0n ? 'lapses' : 'none', amount, keptUntil: null }
}
