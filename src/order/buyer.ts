import { writeVault } from '../card/write-people.ts'
import { mailbox } from '../holder/mailbox.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { erasePersonRows } from '../privacy/erase-person.ts'
import { newHolderKey } from '../privacy/vault.ts'

/** Who buys: somebody by e-mail, or whoever is signed in, for an account of theirs. */
export type Buyer =
  | { kind: 'guest'; email: string; name: string; live: string }
  | { kind: 'signed_in'; holderIds: string[]; accountId?: string }

export type BuyersAccount = { accountId: string; holderId: string; jurisdiction: string; state: string }

/** Reads a guest's own words. Throws Refusal holder/email_invalid. */
export function readGuest(input: { email: string; name: string; live: string }): Buyer & { kind: 'guest' } {
  const email = input.email.normalize('NFKC').trim()
  if (!mailbox.test(email)) throw new Refusal('holder/email_invalid')
  const name = input.name.normalize('NFC').replace(/\s+/g, ' ').trim().slice(0, 120)
  return { kind: 'guest', email, name, live: input.live }
}

/** The account that a signed-in buyer means: the named one, else the first that is open. */
export async function accountOf(
  tx: Tx,
  issuerId: string,
  buyer: Buyer & { kind: 'signed_in' },
): Promise<BuyersAccount | undefined> {
  if (buyer.holderIds.length === 0) return undefined
  const rows = await tx
    .selectFrom('account')
    .select(['account_id', 'holder_id', 'jurisdiction', 'state'])
    .where('issuer_id', '=', issuerId)
    .where('holder_id', 'in', buyer.holderIds)
    .orderBy('account_ref')
    .execute()
  const fits = rows.filter((row) => buyer.accountId === undefined || row.account_id === buyer.accountId)
  const row = fits.find((one) => one.state === 'open') ?? fits[0]
  if (!row) return undefined
  const { account_id: accountId, holder_id: holderId, jurisdiction, state } = row
  return { accountId, holderId, jurisdiction, state }
}

/**
 * Puts a guest into the vault at once. No index yet: an address that nobody has proved leads nowhere before
 * something is delivered to it (deliver-card.ts).
 */
export async function keepGuest(
  ctx: Context,
  tx: Tx,
  issuerId: string,
  guest: Buyer & { kind: 'guest' },
): Promise<string> {
  const holderId = ctx.ids.next()
  const { open, wrapped } = newHolderKey(await ctx.keys.vault(issuerId), issuerId, holderId)
  await tx
    .insertInto('holder')
    .values({ issuer_id: issuerId, holder_id: holderId, wrapped_key: wrapped, created_at: ctx.clock.now() })
    .execute()
  const value = (kind: 'email' | 'name' | 'residence', text: string) =>
    text === '' ? [] : [{ itemId: ctx.ids.next(), holderId, key: open, kind, value: text }]
  await writeVault(tx, issuerId, [
    ...value('email', guest.email),
    ...value('name', guest.name),
    ...value('residence', guest.live),
  ])
  return holderId
}

/** Erases a guest who has nothing of ours: no account, and no order that still goes on. */
export async function eraseGuest(
  ctx: Context,
  tx: Tx,
  guest: { issuerId: string; holderId: string },
): Promise<boolean> {
  const needed = await tx
    .selectFrom('holder as h')
    .select('h.holder_id')
    .where('h.issuer_id', '=', guest.issuerId)
    .where('h.holder_id', '=', guest.holderId)
    .where((e) =>
      e.or([
        e.exists(
          e
            .selectFrom('account as a')
            .select('a.account_id')
            .whereRef('a.issuer_id', '=', 'h.issuer_id')
            .whereRef('a.holder_id', '=', 'h.holder_id'),
        ),
        e.exists(
          e
            .selectFrom('purchase_order as o')
            .select('o.order_id')
            .whereRef('o.issuer_id', '=', 'h.issuer_id')
            .whereRef('o.holder_id', '=', 'h.holder_id')
            .where('o.state', 'in', ['awaiting_payment', 'paid', 'refunding']),
        ),
        // Money that came for an order of theirs by bank transfer, and that only they can say where to send.
        e.exists(
          e
            .selectFrom('purchase_order as o')
            .innerJoin('unmatched_receipt as r', (j) =>
              j.onRef('r.issuer_id', '=', 'o.issuer_id').onRef('r.order_id', '=', 'o.order_id'),
            )
            .innerJoin('payment as p', (j) =>
              j.onRef('p.issuer_id', '=', 'r.issuer_id').onRef('p.payment_id', '=', 'r.payment_id'),
            )
            .select('o.order_id')
            .whereRef('o.issuer_id', '=', 'h.issuer_id')
            .whereRef('o.holder_id', '=', 'h.holder_id')
            .where('r.state', 'in', ['waiting', 'refunding'])
            .where('p.provider', '=', 'bank'),
        ),
      ]),
    )
    .executeTakeFirst()
  if (needed) return false
  await erasePersonRows(ctx, tx, guest)
  return true
}
