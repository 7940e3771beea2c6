import { isIccid } from '../card/iccid.ts'
import { countTry } from '../holder/rate-limits.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { type Declaration, declareClosure, type Receipt } from './declare.ts'

/**
 * Declaring without signing in (§ 312k BGB: no password gate; adr/0010). Whoever knows a card's number may declare
 * its closure and learns nothing but that the card exists: no plan, zone, balance or account, whose law applies,
 * nor any part of an address. Nothing happens to the card before the code, sent to the contact that the account
 * already has, has come back.
 */

type Asking = {
  issuerId: string
  iccid: string
  client: string
  /** Whether the closure with this number is the asker's own, so that its number may be told. */
  isOwn: (number: string) => Promise<boolean>
}
type Found = { cardId: string; accountId: string; locale: string }
/** The number of a closure that the asker made before. */
type Own = { own: string }

/** The digits as typed, without spaces, dashes and the F some devices pad with. Throws Refusal closure/card_number_invalid. */
export function readIccid(typed: string): string {
  const iccid = typed
    .normalize('NFKC')
    .replace(/[\s\-‐-―.]/g, '')
    .replace(/f$/i, '')
  if (!isIccid(iccid)) throw new Refusal('closure/card_number_invalid')
  return iccid
}

/**
 * The card to be closed. Throws Refusal closure/card_unknown, closure/being_closed (without its number: that is
 * the holder's), holder/too_often.
 */
export async function findCardToClose(ctx: Context, asking: Asking): Promise<Found | Own> {
  await countTry(ctx, asking.issuerId, [{ limit: 'card_number_per_client', who: asking.client }])
  const row = await inIssuer(ctx.db, asking.issuerId, (tx) =>
    tx
      .selectFrom('card as c')
      .leftJoin('closure_card as k', (join) =>
        join
          .onRef('k.issuer_id', '=', 'c.issuer_id')
          .onRef('k.card_id', '=', 'c.card_id')
          .on('k.live', '=', true),
      )
      .leftJoin('closure as o', (join) =>
        join.onRef('o.issuer_id', '=', 'k.issuer_id').onRef('o.closure_id', '=', 'k.closure_id'),
      )
      .innerJoin('account as a', (join) =>
        join.onRef('a.issuer_id', '=', 'c.issuer_id').onRef('a.account_id', '=', 'c.account_id'),
      )
      .select(['c.card_id', 'c.account_id', 'c.state', 'o.number', 'a.locale'])
      .where('c.issuer_id', '=', asking.issuerId)
      .where('c.iccid', '=', asking.iccid)
      .executeTakeFirst(),
  )
  if (!row) throw new Refusal('closure/card_unknown')
  if (row.number && (await asking.isOwn(row.number))) return { own: row.number }
  if (row.number || row.state === 'closed') throw new Refusal('closure/being_closed')
  return { cardId: row.card_id, accountId: row.account_id, locale: row.locale }
}

export type UnsignedDeclaration = Asking &
  Pick<Declaration, 'act' | 'start' | 'zone' | 'receivedBy' | 'requestDigest'> & {
    /** Null where the request asks for none: what the account of the card reads. */
    locale: Declaration['locale'] | null
  }

/**
 * Declares the closure of the card with this number for somebody who is not signed in. Answers the number alone
 * when the asker has declared it before. Throws Refusal as findCardToClose does, and closure/unknown_zone.
 */
export async function declareUnsigned(ctx: Context, input: UnsignedDeclaration): Promise<Receipt | Own> {
  const { issuerId, iccid, client, isOwn, ...rest } = input
  const found = await findCardToClose(ctx, input)
  if ('own' in found) return found
  await countTry(ctx, issuerId, [
    { limit: 'unproved_declaration_per_client', who: client },
    { limit: 'unproved_declaration_per_card', who: iccid },
  ])
  try {
    return await declareClosure(ctx, {
      ...rest,
      locale: rest.locale ?? (found.locale === 'en' ? 'en' : 'zh-CN'),
      issuerId,
      accountId: found.accountId,
      cardIds: [found.cardId],
      identity: 'not_signed_in',
    })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    if (error.code !== 'closure/already_closing' && error.code !== 'closure/already_closed') throw error
    const number = error.facts['number']
    if (number && (await isOwn(number))) return { own: number }
    throw new Refusal('closure/being_closed')
  }
}
