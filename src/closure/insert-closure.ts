import { howCardsEnded } from '../expiry/how-cards-ended.ts'
import { noteRefunded } from '../expiry/note-refunded.ts'
import type { Issuer } from '../issuer/issuer.ts'
import type { Tx } from '../platform/db.ts'
import type { MoneyRules } from '../policy/money-rules.ts'
import type { SealedDocument } from '../slip/seal.ts'
import type { Covers } from './closure-view.ts'
import type { Declaration } from './declare.ts'
import { type HoldersLaw, readHoldersLaw } from './holders-law.ts'
import { markCardsClosing } from './mark-closing.ts'
import type { ClosurePreview } from './preview.ts'
import type { Declared } from './slip-content.ts'

/** An import gave the account a card that the slip just made does not name, or a card of it ended meanwhile. */
export class CardsChanged extends Error {}

export type NewClosure = {
  closureId: string
  declaration: Declaration
  preview: ClosurePreview & { rules: MoneyRules }
  declared: Declared
  sealed: SealedDocument
  /** How its cards had ended before the preview was read. */
  ended: string
}

/** A voucher is given to somebody who stays. */
export const wantsVoucher = (declaration: Declaration) =>
  declaration.voucher === true && declaration.cardIds !== 'account'

export function coversOf(declaration: Declaration): Covers {
  return declaration.cardIds === 'account' ? 'account' : 'card'
}

/** Its row, those of its cards, and their mark. Throws CardsChanged. */
export async function insertClosure(tx: Tx, issuer: Issuer, made: NewClosure): Promise<void> {
  const { closureId, declaration, preview, declared, ended } = made
  const { issuerId, accountId } = declaration
  const byIssuer = declared.identity === 'issuer_decision'
  const law = await lawOnceProved(tx, issuer, made)
  const closure = {
    issuer_id: issuerId,
    closure_id: closureId,
    number: declared.number,
    account_id: accountId,
    covers: declared.covers,
    act: declared.act,
    state: byIssuer ? 'identified' : 'declared',
    locale: declaration.locale,
    zone: declared.zone,
    received_by: declared.receivedBy,
    identity: declared.identity,
    start: declaration.start,
    jurisdiction: preview.jurisdiction,
    policy_version: preview.policyVersion,
    declaration: JSON.stringify({ cards: preview.cards.map((card) => card.iccid) }),
    declared_at: declared.declaredAt,
    due_at: preview.dueAt,
    undo_until: declared.undoUntil,
    identified_at: byIssuer ? declared.declaredAt : null,
    request_digest: declaration.requestDigest ?? null,
    holder_jurisdiction: law?.jurisdiction ?? null,
    holder_policy_version: law?.policy.version ?? null,
    money_rules: JSON.stringify(law?.rules ?? preview.rules),
    payout_choice: wantsVoucher(declaration) ? 'voucher' : null,
  }
  const cards = preview.cards.map((card) => ({
    issuer_id: issuerId,
    closure_id: closureId,
    card_id: card.cardId,
    currency: card.balance.currency,
  }))
  if (cards.length === 0) await tx.insertInto('closure').values(closure).execute()
  else
    await tx
      .with('told', (q) => q.insertInto('closure').values(closure))
      .insertInto('closure_card')
      .values(cards)
      .execute()
  // A stranger's word alone changes nothing about the card: it is marked when the code has come back.
  if (declared.identity === 'not_signed_in') return
  await markClosing(tx, declaration, preview)
  // Under the locks just taken expiry can't end one any more; a slip must not promise what has lapsed.
  if ((await howCardsEnded(tx, declaration)) !== ended) throw new CardsChanged()
  // With the closing itself: one that is undone before anybody noted it would be declared anew.
  if (declaration.receivedBy === 'expiry')
    await noteRefunded(
      tx,
      issuerId,
      preview.cards.map((card) => card.cardId),
    )
}

/** Whose law judges a stranger's word once the holder has proved it: as of now, wherever they live by then. */
async function lawOnceProved(tx: Tx, issuer: Issuer, made: NewClosure): Promise<HoldersLaw | undefined> {
  const { declaration, declared, preview } = made
  if (declared.identity !== 'not_signed_in') return undefined
  const { issuerId, accountId } = declaration
  const cardIds = preview.cards.map((card) => card.cardId)
  const { act, declaredAt: at } = declared
  return readHoldersLaw(tx, issuer, { issuerId, accountId, cardIds, act, at })
}

async function markClosing(tx: Tx, declaration: Declaration, preview: ClosurePreview): Promise<void> {
  await markCardsClosing(
    tx,
    declaration.issuerId,
    preview.cards.map((card) => card.cardId),
  )
  if (declaration.cardIds !== 'account') return
  await tx
    .updateTable('account')
    .set({ state: 'closing' })
    .where('issuer_id', '=', declaration.issuerId)
    .where('account_id', '=', declaration.accountId)
    .where('state', '=', 'open')
    .execute()
  // Under the lock just taken no import can add one; a card left out would outlive its account and its person.
  const known = new Set(preview.cards.map((card) => card.cardId))
  const cards = await tx
    .selectFrom('card')
    .select('card_id')
    .where('issuer_id', '=', declaration.issuerId)
    .where('account_id', '=', declaration.accountId)
    .where('state', '<>', 'closed')
    .execute()
  if (cards.some((card) => !known.has(card.card_id))) throw new CardsChanged()
}
