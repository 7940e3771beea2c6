import { postOpeningBalances } from '../../ledger/opening-balances.ts'
import type { Context } from '../../platform/context.ts'
import type { Tx } from '../../platform/db.ts'
import { assert } from '../../platform/errors.ts'
import { fingerprint, readPerson } from '../../privacy/vault.ts'
import { type OrderCase, paymentOf } from '../order-case.ts'
import { doneFact } from '../order-journal.ts'
import type { Given } from './target.ts'

/** Account (of a guest), card and its balance account. */
export async function deliverCard(ctx: Context, tx: Tx, told: OrderCase): Promise<Given> {
  const { order } = told
  const issuerId = order.issuer_id
  const account = order.account_id
    ? await readAccount(tx, issuerId, order.account_id)
    : await openAccount(ctx, tx, told)
  const cardId = await writeCard(ctx, tx, told, account.accountId)
  const { currency } = order
  const key = `${order.order_id}:open`
  await postOpeningBalances(ctx, tx, issuerId, [{ cardId, amount: 0n, currency, key }])
  return { cardId, ...account }
}

async function readAccount(tx: Tx, issuerId: string, accountId: string) {
  const row = await tx
    .selectFrom('account')
    .select('account_ref')
    .where('issuer_id', '=', issuerId)
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow()
  return { accountId, accountRef: row.account_ref }
}

/** A guest becomes a holder: from here their address, which the card is mailed to, signs them in. */
async function openAccount(ctx: Context, tx: Tx, { order }: OrderCase) {
  const accountId = ctx.ids.next()
  const accountRef = `A-${ctx.ids.readable()}`
  await tx
    .insertInto('account')
    .values({
      issuer_id: order.issuer_id,
      account_id: accountId,
      account_ref: accountRef,
      holder_id: order.holder_id,
      jurisdiction: order.jurisdiction,
      locale: order.locale,
      created_at: ctx.clock.now(),
    })
    .execute()
  const person = await readPerson(ctx, tx, order.issuer_id, order.holder_id)
  const keys = await ctx.keys.vault(order.issuer_id)
  if (person?.email)
    await tx
      .insertInto('vault_index')
      .values({
        issuer_id: order.issuer_id,
        kind: 'email',
        fingerprint: fingerprint(keys, 'email', person.email),
        holder_id: order.holder_id,
      })
      .onConflict((c) => c.doNothing())
      .execute()
  return { accountId, accountRef }
}

async function writeCard(ctx: Context, tx: Tx, told: OrderCase, accountId: string): Promise<string> {
  const { order, item } = told
  const iccid = doneFact(told.journal, 'reserve_profile', 'iccid')
  assert(iccid && item?.kind === 'plan' && order.zone, 'a card has a profile, a plan and a zone')
  const payment = await paymentOf(tx, told)
  const cardId = ctx.ids.next()
  const now = ctx.clock.now()
  await tx
    .insertInto('card')
    .values({
      issuer_id: order.issuer_id,
      card_id: cardId,
      account_id: accountId,
      iccid,
      plan: item.code,
      zone: order.zone,
      sold_at: now,
      activated_at: null,
      // The first use starts its days (src/usage/rate.ts); until then this is the last day to begin.
      expires_at: new Date(now.getTime() + item.terms.activate_within_days * 86_400_000),
      profile_state: 'Released',
      line_state: 'inactive',
      data_left_mb: BigInt(item.terms.data_mb),
      voice_left_s: BigInt(item.terms.voice_s),
      sms_left: BigInt(item.terms.sms),
      currency: order.currency,
      paid_minor: order.gross_minor,
      payment_provider: payment.provider,
      payment_ref: payment.provider_ref,
      // The invoice is written last; its number follows in the same transaction.
      invoice_no: '',
      source_digest: null,
      order_id: order.order_id,
      item_id: item.itemId,
    })
    .execute()
  return cardId
}
