import { createHash } from 'node:crypto'
import { howCardsEnded, moneyGoesBack } from '../expiry/how-cards-ended.ts'
import { issueCode } from '../holder/access-code.ts'
import { findIssuer, type Issuer } from '../issuer/issuer.ts'
import { queueNotice, queueNotices } from '../notice/queue-notice.ts'
import { isZone } from '../platform/clock.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { sealDocument } from '../slip/seal.ts'
import type { Act } from './closure-view.ts'
import { saveDocument } from './documents.ts'
import { CardsChanged, coversOf, insertClosure, type NewClosure, wantsVoucher } from './insert-closure.ts'
import { type ClosurePreview, previewWith } from './preview.ts'
import { type Declared, slipContent } from './slip-content.ts'
import { refuseIfClosing } from './refuse-if-closing.ts'
import { giveWay } from './unproved.ts'

export type Declaration = {
  issuerId: string
  accountId: string
  /** The cards to close, or the account with all that it still has. */
  cardIds: string[] | 'account'
  act: Act
  /** `at_once` waives the undo window; undo stays possible until money is sent or the line is cut. */
  start: 'after_undo_window' | 'at_once'
  locale: 'zh-CN' | 'en'
  /** IANA zone in which times are told to this person. */
  zone: string
  /**
   * `expiry`: nobody brought it. Only while its cards have ended and their money is to go back by itself: days may have
   * brought one back.
   */
  receivedBy: Declared['receivedBy']
  identity: 'signed_in' | 'not_signed_in' | 'issuer_decision'
  /** A voucher instead of money, because the holder asked for it; cards only, an account leaves nobody to give it to. */
  voucher?: boolean
  /** Keyed hash of an anonymous request, by which its repetition finds this closure. */
  requestDigest?: Buffer
}

export type Receipt = {
  closureId: string
  number: string
  /** For the public verify page; stands in the QR code and is stored nowhere else. */
  token: string
  slip: Uint8Array
  declaredAt: Date
  dueAt: Date
}

/**
 * The declaration counts from this moment. Case, slip and the first look of a worker are written in one
 * transaction: whoever gets the receipt has a closure that will be told to its end, and nobody else has one.
 * The code that proves who declared it goes to the contact the account already has.
 * Throws Refusal closure/no_such_card, nothing_chosen, already_closing, already_closed, unknown_zone, issuer/unknown; and
 * NotExpired, WithdrawalWaits.
 */
export async function declareClosure(ctx: Context, declaration: Declaration): Promise<Receipt> {
  const { issuerId } = declaration
  const issuer = await findIssuer(ctx.db, issuerId)
  if (!issuer) throw new Refusal('issuer/unknown')
  if (!isZone(declaration.zone)) throw new Refusal('closure/unknown_zone')
  for (let round = 1; ; round++) {
    try {
      return await declareAsItStands(ctx, issuer, declaration)
    } catch (error) {
      if (!(error instanceof CardsChanged) || round === rounds_at_most) throw error
    }
  }
}

/** Of a card that was to be closed because it had ended: its money goes back no more by itself. */
export class NotExpired extends Error {}

async function declareAsItStands(ctx: Context, issuer: Issuer, declaration: Declaration): Promise<Receipt> {
  const { issuerId } = declaration
  const { ended, ...preview } = await inIssuer(ctx.db, issuerId, async (tx) => {
    const wanted = { ...declaration, voucher: wantsVoucher(declaration) }
    const asItEnded = await howCardsEnded(tx, declaration)
    const asItStands = await previewWith(ctx, tx, issuer, wanted)
    await refuseIfNotOpen(tx, declaration, asItStands)
    if (declaration.receivedBy === 'expiry' && !(await moneyGoesBack(tx, declaration))) throw new NotExpired()
    return { ...asItStands, ended: asItEnded }
  })

  const declared = newDeclared(ctx, issuer, declaration, preview)
  const content = slipContent(ctx, { issuer, policy: preview.policy, preview, declared })
  const sealed = await sealDocument({ content, keys: ctx.keys, issuerId, now: declared.declaredAt })
  const closureId = ctx.ids.next()
  await writeOnce(ctx, issuer, { closureId, declaration, preview, declared, sealed, ended })
  const { number, token, declaredAt } = declared
  return { closureId, number, token, slip: sealed.pdf, declaredAt, dueAt: preview.dueAt }
}

// Each round means that one more stranger declared the same card within these milliseconds.
const rounds_at_most = 5

/** Writes the closure, or says which one stands in its way. */
async function writeOnce(ctx: Context, issuer: Issuer, made: NewClosure): Promise<void> {
  const { declaration } = made
  for (let round = 1; ; round++) {
    try {
      return await inIssuer(ctx.db, issuer.issuerId, (tx) => write(ctx, tx, issuer, made))
    } catch (error) {
      if ((error as { constraint?: string }).constraint !== 'closure_card_once') throw error
      // Somebody declared the same card between our look and our write: theirs stands, unless it gives way.
      const now = await inIssuer(ctx.db, issuer.issuerId, (tx) => previewWith(ctx, tx, issuer, declaration))
      const number = now.cards.find((card) => card.existing)?.existing
      if (number || round === rounds_at_most)
        throw new Refusal('closure/already_closing', { number: number ?? '' })
    }
  }
}

async function refuseIfNotOpen(tx: Tx, declaration: Declaration, preview: ClosurePreview): Promise<void> {
  if (declaration.cardIds !== 'account' && declaration.cardIds.length === 0)
    throw new Refusal('closure/nothing_chosen')
  const rows = await tx
    .selectFrom('card as c')
    .innerJoin('account as a', (j) =>
      j.onRef('a.issuer_id', '=', 'c.issuer_id').onRef('a.account_id', '=', 'c.account_id'),
    )
    .select(['c.state', 'a.state as account_state'])
    .where('c.issuer_id', '=', declaration.issuerId)
    .where('c.account_id', '=', declaration.accountId)
    .$if(preview.cards.length > 0, (q) =>
      q.where(
        'c.card_id',
        'in',
        preview.cards.map((card) => card.cardId),
      ),
    )
    .execute()
  const existing = preview.cards.find((card) => card.existing)
  const closed = rows.some((row) => row.state === 'closed') && declaration.cardIds !== 'account'
  if (closed || rows.some((row) => row.account_state === 'closed'))
    throw new Refusal('closure/already_closed')
  if (existing?.existing) throw new Refusal('closure/already_closing', { number: existing.existing })
}

function newDeclared(
  ctx: Context,
  issuer: Issuer,
  declaration: Declaration,
  preview: ClosurePreview,
): Declared {
  const declaredAt = ctx.clock.now()
  // Told on the slip as the time until which undo is sure; it runs from the declaration.
  const undoUntil =
    declaration.start === 'after_undo_window'
      ? new Date(declaredAt.getTime() + preview.undoWindowMinutes * 60_000)
      : null
  return {
    number: numberFor(issuer.issuerId, ctx.ids.readable()),
    token: ctx.ids.secret(16),
    act: declaration.act,
    covers: coversOf(declaration),
    zone: declaration.zone,
    declaredAt,
    undoUntil,
    receivedBy: declaration.receivedBy,
    identity: declaration.identity,
  }
}

async function write(ctx: Context, tx: Tx, issuer: Issuer, made: NewClosure): Promise<void> {
  const { closureId, declaration, declared, sealed } = made
  const { issuerId } = declaration
  const cardIds = made.preview.cards.map((card) => card.cardId)
  if (cardIds.length === 0) await refuseIfClosing(tx, declaration)
  if (declared.identity !== 'not_signed_in')
    await giveWay(ctx, tx, { issuerId, cardIds, to: declared.identity })
  await insertClosure(tx, issuer, made)
  await saveDocument(ctx, tx, {
    issuerId,
    closureId,
    kind: 'slip',
    pdf: sealed.pdf,
    sha256: sealed.sha256,
    issuedAt: declared.declaredAt,
    tokenHash: createHash('sha256').update(declared.token).digest(),
  })
  const { locale } = declaration
  const slip = { issuerId, kind: 'slip', closureId, locale } as const
  if (declared.identity === 'issuer_decision') {
    await queueNotice(ctx, tx, slip)
    await ctx.jobs.firstLooks(tx, 'closure', [{ issuerId, id: closureId }])
  } else {
    const { codeId } = await issueCode(ctx, tx, { issuerId, purpose: 'identify', closureId })
    await queueNotices(ctx, tx, [slip, { issuerId, kind: 'identify_code', closureId, codeId, locale }])
  }
}

/** A closure's number: its issuer, as much of the id as a slip has room for, and what is drawn. */
export const numberFor = (issuerId: string, drawn: string): string =>
  `${issuerId.toUpperCase().slice(0, 12)}-${drawn}`
