import type { Mail } from '../adapters/mail/port.ts'
import { readDocument } from '../closure/documents.ts'
import { writeTakenBackLetter } from '../closure/write-taken-back-letter.ts'
import { codeFor } from '../holder/access-code.ts'
import { findIssuer, type Issuer } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { writeStaffLetter } from '../payment/tell-staff.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import type { Look } from '../platform/jobs.ts'
import { toldZone } from '../policy/told-zone.ts'
import { openPartingEnvelope } from '../privacy/erase-person.ts'
import { readPerson } from '../privacy/vault.ts'
import { documentFileName } from '../slip/document-file-name.ts'
import { codeWantedLetter, codeWantedSupportLetter } from './code-wanted-letter.ts'
import { bankDetailsReminderLetter } from './bank-details-reminder-letter.ts'
import { readClosureFacts } from './closure-facts.ts'
import { decidedLetter } from './decided-letter.ts'
import { lateLetter } from './late-letter.ts'
import { type Letter, renderLetter } from './letter.tsx'
import {
  bankDetailsLetter,
  bankDetailsNotedLetter,
  identifyLetter,
  lapsedLetter,
  lateSupportLetter,
  signInLetter,
  slipLetter,
  undoneLetter,
} from './letters.ts'
import { writeExpiryLetter } from '../expiry/write-expiry-letter.ts'
import { writeOrderLetter } from '../order/write-order-letter.ts'
import { asksForAccount, isGivenUp, putOffDay } from './name-it-by.ts'
import type { NoticeKind, OrderNoticeKind } from './queue-notice.ts'

type Waiting = {
  noticeId: string
  kind: NoticeKind
  closureId: string | null
  orderId: string | null
  cardId: string | null
  codeId: string | null
  locale: 'zh-CN' | 'en'
  attempts: number
  firstTriedAt: Date | null
}
/** There is nobody to send it to any more, or nothing left to say; why, in a word. */
type Dropped = { dropped: string }
export type Written = {
  to: string
  letter: Letter
  attachments?: Attachment[]
  /** What takes time to make, and is made outside any transaction. */
  attachLater?: () => Promise<Attachment[]>
}
/** A PDF unless told. */
export type Attachment = { filename: string; content: Uint8Array; contentType?: string }

const longest_pause_seconds = 600

/**
 * Sends one waiting mail. Its Message-ID comes from the notice, so that a mail sent twice (the server took it,
 * the answer was lost) is one mail to the reader. A mail nobody needs any more is dropped: the code has expired,
 * the person is erased, no address is known.
 */
export async function sendNotice(ctx: Context, look: Look): Promise<void> {
  const { issuerId, id: noticeId } = look
  const issuer = await findIssuer(ctx.db, issuerId)
  if (!issuer) return
  const ready = await inIssuer(ctx.db, issuerId, async (tx) => {
    const waiting = await readWaiting(tx, issuerId, noticeId)
    if (!waiting) return undefined
    const written = await writeLetter(ctx, tx, issuer, waiting)
    if (written && !('dropped' in written)) return { waiting, written }
    await settle(ctx, tx, look, { state: 'dropped', ...(written && { last_reason: written.dropped }) })
    return undefined
  })
  if (!ready) return
  const mail = await ctx.providers.of(issuerId).mail()
  const answer = await mail.send(await asMail(ctx, issuer, noticeId, ready.written))
  await inIssuer(ctx.db, issuerId, async (tx) => {
    const { kind, closureId, attempts, firstTriedAt } = ready.waiting
    const end = async (outcome: Outcome & { state: 'sent' | 'refused' }) => {
      await settle(ctx, tx, look, outcome)
      if (closureId) await putOffDay(ctx, tx, { issuerId, closureId, kind, state: outcome.state })
    }
    if (answer.kind === 'done') return end({ state: 'sent', reference: answer.value.messageId })
    if (answer.kind === 'refused') return end({ state: 'refused', last_reason: answer.code })
    const last_reason = answer.kind === 'unknown' ? answer.reason : answer.kind
    const now = ctx.clock.now()
    if (isGivenUp(kind, firstTriedAt, now)) return end({ state: 'refused', last_reason })
    const pause_seconds = Math.min(2 ** Math.min(attempts, 12), longest_pause_seconds)
    await settle(ctx, tx, look, { state: 'waiting', last_reason, first_tried_at: firstTriedAt ?? now })
    await ctx.jobs.look(tx, 'notice', look, new Date(now.getTime() + pause_seconds * 1000))
  })
}

async function readWaiting(tx: Tx, issuerId: string, noticeId: string): Promise<Waiting | undefined> {
  const row = await tx
    .selectFrom('notice')
    .select(['kind', 'closure_id', 'order_id', 'card_id', 'code_id', 'locale', 'attempts', 'first_tried_at'])
    .where('issuer_id', '=', issuerId)
    .where('notice_id', '=', noticeId)
    .where('state', '=', 'waiting')
    .executeTakeFirst()
  if (!row) return undefined
  const kind = row.kind as NoticeKind
  const locale = row.locale as 'zh-CN' | 'en'
  const { closure_id: closureId, order_id: orderId, card_id: cardId } = row
  const { code_id: codeId, attempts, first_tried_at: firstTriedAt } = row
  return { noticeId, kind, locale, closureId, orderId, cardId, codeId, attempts, firstTriedAt }
}

type Outcome = {
  state: 'sent' | 'refused' | 'dropped' | 'waiting'
  reference?: string
  last_reason?: string
  first_tried_at?: Date
}

async function settle(ctx: Context, tx: Tx, look: Look, outcome: Outcome): Promise<void> {
  await tx
    .updateTable('notice')
    .set((e) => ({
      ...outcome,
      attempts: e('attempts', '+', 1),
      ...(outcome.state === 'sent' && { sent_at: ctx.clock.now() }),
    }))
    .where('issuer_id', '=', look.issuerId)
    .where('notice_id', '=', look.id)
    .where('state', '=', 'waiting')
    .execute()
}

/** To whom and what; undefined when there is nobody to send it to or nothing left to say. */
async function writeLetter(
  ctx: Context,
  tx: Tx,
  issuer: Issuer,
  waiting: Waiting,
): Promise<Written | Dropped | undefined> {
  if (waiting.kind === 'sign_in_code') return writeSignIn(ctx, tx, issuer, waiting)
  if (waiting.kind === 'payments_support') return writeStaffLetter(ctx, tx, issuer)
  const { locale } = waiting
  const { issuerId } = issuer
  if ((waiting.kind === 'expiry_soon' || waiting.kind === 'expiry_over') && waiting.cardId) {
    const { noticeId, cardId, kind } = waiting
    return writeExpiryLetter(ctx, tx, issuer, { noticeId, cardId, kind, locale })
  }
  if (waiting.orderId)
    return writeOrderLetter(ctx, tx, issuer, {
      orderId: waiting.orderId,
      kind: waiting.kind as OrderNoticeKind,
      locale,
    })
  const closureId = waiting.closureId!
  if (waiting.kind === 'taken_back') return writeTakenBackLetter(ctx, tx, issuer, { closureId, locale })
  const asks = asksForAccount(waiting.kind)
  const facts = await readClosureFacts(ctx, tx, { issuerId, closureId, locale, asks })
  if (!facts) return undefined
  if (waiting.kind === 'late_support')
    return { to: issuer.brand.supportEmail, letter: lateSupportLetter(facts) }
  const wantsCode = waiting.kind === 'code_wanted' || waiting.kind === 'code_wanted_support'
  if (wantsCode && !facts.waitsForCode) return { dropped: 'no_code_wanted' }
  if (waiting.kind === 'code_wanted_support')
    return { to: issuer.brand.supportEmail, letter: codeWantedSupportLetter(facts) }
  const to =
    (await readPerson(ctx, tx, issuerId, facts.holderId))?.email ??
    (await openPartingEnvelope(ctx, tx, { issuerId, closureId }))
  if (!to) return undefined
  if (waiting.kind === 'code_wanted') {
    const isLate = facts.dueAt < ctx.clock.now()
    return { to, letter: codeWantedLetter(locale, { ...facts, isLate }) }
  }
  if (waiting.kind === 'undone') return { to, letter: undoneLetter(locale, facts) }
  if (waiting.kind === 'lapsed') return { to, letter: lapsedLetter(locale, facts) }
  if (asks && !facts.waitsForAccount) return { dropped: 'no_account_wanted' }
  if (waiting.kind === 'bank_details') return { to, letter: bankDetailsLetter(locale, facts) }
  if (waiting.kind === 'bank_details_reminder')
    return facts.reminder
      ? { to, letter: bankDetailsReminderLetter(locale, { ...facts, ...facts.reminder }) }
      : { dropped: 'no_account_wanted' }
  if (waiting.kind === 'bank_details_noted')
    return { to, letter: bankDetailsNotedLetter(locale, issuer, facts) }
  if (waiting.kind === 'late') return { to, letter: lateLetter(locale, issuer, facts) }
  if (waiting.kind === 'slip') {
    const slip = await readDocument(tx, { issuerId, closureId, kind: 'slip' })
    if (!slip) return undefined
    return {
      to,
      letter: facts.isDecided ? decidedLetter(locale, issuer, facts) : slipLetter(locale, facts),
      attachments: [
        { filename: documentFileName({ number: facts.number, kind: 'slip' }), content: slip.pdf },
      ],
    }
  }
  const code = await readLiveCode(ctx, tx, issuerId, waiting.codeId)
  return code ? { to, letter: identifyLetter(locale, code, facts) } : undefined
}

/** Known address or not, the request looked the same; here the unknown one ends. */
async function writeSignIn(
  ctx: Context,
  tx: Tx,
  issuer: Issuer,
  waiting: Waiting,
): Promise<Written | undefined> {
  const code = await readLiveCode(ctx, tx, issuer.issuerId, waiting.codeId)
  if (!code?.fingerprint) return undefined
  const holder = await tx
    .selectFrom('vault_index')
    .select('holder_id')
    .where('issuer_id', '=', issuer.issuerId)
    .where('kind', '=', 'email')
    .where('fingerprint', '=', code.fingerprint)
    .executeTakeFirst()
  const to = holder && (await readPerson(ctx, tx, issuer.issuerId, holder.holder_id))?.email
  return to
    ? { to, letter: signInLetter(waiting.locale, code, toldZone(issuer.jurisdiction, ctx.clock.now())) }
    : undefined
}

async function readLiveCode(ctx: Context, tx: Tx, issuerId: string, codeId: string | null) {
  if (!codeId) return undefined
  const row = await tx
    .selectFrom('access_code')
    .select(['fingerprint', 'expires_at', 'used_at'])
    .where('issuer_id', '=', issuerId)
    .where('code_id', '=', codeId)
    .executeTakeFirst()
  if (!row || row.used_at || row.expires_at <= ctx.clock.now()) return undefined
  const code = codeFor(await ctx.keys.vault(issuerId), codeId)
  return { code, goodUntil: row.expires_at, fingerprint: row.fingerprint }
}

async function asMail(ctx: Context, issuer: Issuer, noticeId: string, written: Written): Promise<Mail> {
  const { to, letter } = written
  const made = [...(written.attachments ?? []), ...((await written.attachLater?.()) ?? [])]
  return {
    key: `notice:${noticeId}`,
    from: { name: issuer.name[letter.locale], address: issuer.providers.mail.from },
    to,
    subject: letter.subject,
    ...(await renderLetter(issuer, letter)),
    // Some mails ask to be answered, and people answer any: it has to reach somebody.
    headers: { 'Auto-Submitted': 'auto-generated', 'Reply-To': issuer.brand.supportEmail },
    ...(made.length > 0 && {
      attachments: made.map((one) => ({ contentType: 'application/pdf', ...one })),
    }),
    date: ctx.clock.now(),
  }
}
