import type { Issuer } from '../issuer/issuer.ts'
import { formatMoney } from '../ledger/money.ts'
import type { OrderNoticeKind } from '../notice/queue-notice.ts'
import type { Attachment, Written } from '../notice/send-notice.ts'
import { formatMoment } from '../web/dates.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { toldZone } from '../policy/told-zone.ts'
import { readPerson } from '../privacy/vault.ts'
import { deliveredLetter, heldUpLetter, placedLetter, refundedLetter } from './order-letters.ts'
import { accountReminderLetter } from './account-reminder-letter.ts'
import { moneyThatWaits } from './name-account.ts'
import { moneyWithoutAccount, sumsOf, sumsThatWait } from './waiting-sums.ts'
import { orderPaperPdf } from './order-papers.ts'
import { accountKey, orderPath } from './order-token.ts'
import { qrPng } from './qr-png.ts'
import { type OrderView, readOrder } from './read-order.ts'
import { boughtWords } from './bought-words.ts'
import { accountNotedLetter, extraLetter, extraPaidLetter, wantsAccountLetter } from './transfer-letters.ts'

type Which = { orderId: string; kind: OrderNoticeKind; locale: 'zh-CN' | 'en' }

/** The mail about an order; undefined when its person has been erased or nothing is left to say. */
export async function writeOrderLetter(
  ctx: Context,
  tx: Tx,
  issuer: Issuer,
  which: Which,
): Promise<Written | undefined> {
  const { issuerId } = issuer
  const order = await readOrder(ctx, tx, { issuerId, orderId: which.orderId })
  const person = order && (await readPerson(ctx, tx, issuerId, order.holderId))
  if (!order || !person?.email) return undefined
  const to = person.email
  const facts = factsOf(ctx, issuer, order, which.locale)
  if (which.kind === 'order_placed')
    return order.state === 'awaiting_payment' ? { to, letter: placedLetter(which.locale, facts) } : undefined
  if (which.kind === 'order_held_up')
    return facts.givenBackAt === null
      ? undefined
      : { to, letter: heldUpLetter(which.locale, { ...facts, givenBackAt: facts.givenBackAt }) }
  if (which.kind === 'order_wants_account') {
    // It may be with the bank, or met by staff, by the time the mail goes out.
    const accountUrl = await accountUrlOf(ctx, order, which.locale)
    if (accountUrl === null) return undefined
    const write = isOwnWaiting(order) ? wantsAccountLetter : extraLetter
    return { to, letter: write(which.locale, { ...facts, accountUrl }) }
  }
  if (which.kind === 'order_account_reminder') {
    const wanted = sumsOf(moneyWithoutAccount(order), which.locale)
    const accountUrl = wanted === '' ? null : await accountUrlOf(ctx, order, which.locale)
    if (accountUrl === null) return undefined
    const isLast = order.accountAsked?.reminders === 2
    return {
      to,
      letter: accountReminderLetter(which.locale, { number: order.number, wanted, accountUrl, isLast }),
    }
  }
  if (which.kind === 'order_account_noted')
    return facts.waiting === '' ? undefined : { to, letter: accountNotedLetter(which.locale, facts) }
  if (which.kind === 'order_extra_paid')
    return facts.extraPaid === '' ? undefined : { to, letter: extraPaidLetter(which.locale, facts) }
  if (which.kind === 'order_refunded')
    // The bank may have sent it back since: the mail that asks for another account says so.
    return order.state === 'refunded' ? { to, letter: refundedLetter(which.locale, facts) } : undefined
  return {
    to,
    letter: deliveredLetter(which.locale, facts, order.activation),
    attachments: attachmentsOf(order),
    attachLater: async () => {
      const { orderId } = which
      const papers = await Promise.all(
        (['contract', 'invoice'] as const).map((paper) => orderPaperPdf(ctx, { issuerId, orderId }, paper)),
      )
      return papers.map(({ name, bytes }) => ({ filename: name, content: bytes }))
    },
  }
}

function attachmentsOf(order: OrderView): Attachment[] {
  if (!order.activation) return []
  return [
    { filename: `${order.number}-esim.png`, content: qrPng(order.activation), contentType: 'image/png' },
  ]
}

const isOwnWaiting = ({ state, transfer }: OrderView) =>
  state === 'refunding' && transfer?.state === 'waiting'

/** The link that names the account of what waits; in this mail only. */
async function accountUrlOf(ctx: Context, order: OrderView, locale: 'zh-CN' | 'en'): Promise<string | null> {
  const waiting = moneyThatWaits(order)
  if (waiting.length === 0) return null
  const key = accountKey(await ctx.keys.vault(order.issuerId), waiting)
  return `${ctx.config.publicUrl}${orderPath(locale, order)}/bank-account/${key}`
}

function factsOf(ctx: Context, issuer: Issuer, order: OrderView, locale: 'zh-CN' | 'en') {
  const zone = toldZone(order.jurisdiction, ctx.clock.now())
  return {
    number: order.number,
    kind: order.kind,
    what: boughtWords(order, locale),
    gross: formatMoney(order.gross, locale),
    payBy: order.payBy,
    url: `${ctx.config.publicUrl}${orderPath(locale, order)}`,
    payUntil: formatMoment(order.payUntil, locale, zone),
    givenBackAt: order.heldUp && formatMoment(order.heldUp.givenBackAt, locale, zone),
    owed: formatMoney(order.owedBack ?? order.gross, locale),
    waiting: sumsThatWait(order, locale),
    extraPaid: sumsOf(
      order.extras.filter(({ state }) => state === 'paid'),
      locale,
    ),
    refundReason: order.refundReason,
    refundRoute: order.refundRoute,
    iccid: order.iccid,
  }
}
