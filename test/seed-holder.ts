import { inIssuer } from '../src/platform/db.ts'
import { houseAccount } from '../src/ledger/accounts.ts'
import { post } from '../src/ledger/post.ts'
import type { Context } from '../src/platform/context.ts'
import { fingerprint, newHolderKey, sealDatum } from '../src/privacy/vault.ts'

export type SeedCard = {
  plan?: string
  zone?: string
  balance?: bigint
  paid?: bigint
  currency?: string
  provider?: string
}
export type SeedHolder = {
  issuerId: string
  email: string
  name?: string
  residence?: string
  locale?: 'zh-CN' | 'en'
  cards?: SeedCard[]
}
export type Seeded = { holderId: string; accountId: string; cards: { cardId: string; iccid: string }[] }

let serial = 0

/** One holder with an account and cards, as an import leaves them; money comes through the ledger. */
export async function seedHolder(ctx: Context, seed: SeedHolder): Promise<Seeded> {
  const { issuerId } = seed
  const keys = await ctx.keys.vault(issuerId)
  const [holderId, accountId] = [ctx.ids.next(), ctx.ids.next()]
  const { open, wrapped } = newHolderKey(keys, issuerId, holderId)
  const now = ctx.clock.now()
  return inIssuer(ctx.db, issuerId, async (tx) => {
    const issuer_id = issuerId
    await tx
      .insertInto('holder')
      .values({ issuer_id, holder_id: holderId, wrapped_key: wrapped, created_at: now })
      .execute()
    await tx
      .insertInto('account')
      .values({
        issuer_id,
        account_id: accountId,
        account_ref: `T${100000 + ++serial}`,
        holder_id: holderId,
        jurisdiction: seed.residence ?? 'CN',
        locale: seed.locale ?? 'en',
        created_at: now,
      })
      .execute()
    const data = { email: seed.email, name: seed.name ?? 'Mei Lin', phone: '+999100200300' }
    for (const kind of ['email', 'name', 'phone'] as const) {
      const itemId = ctx.ids.next()
      const sealed = sealDatum(open, { issuerId, holderId, itemId, kind }, data[kind])
      await tx
        .insertInto('vault_item')
        .values({ issuer_id, item_id: itemId, holder_id: holderId, kind, sealed })
        .execute()
    }
    await tx
      .insertInto('vault_index')
      .values({
        issuer_id,
        kind: 'email',
        fingerprint: fingerprint(keys, 'email', seed.email),
        holder_id: holderId,
      })
      .execute()
    const cards: Seeded['cards'] = []
    for (const card of seed.cards ?? [{}])
      cards.push(await seedCard(ctx, tx, { issuerId, accountId, holderId, open }, card))
    return { holderId, accountId, cards }
  })
}

type Owner = { issuerId: string; accountId: string; holderId: string; open: Buffer }

async function seedCard(ctx: Context, tx: Parameters<typeof post>[1], owner: Owner, card: SeedCard) {
  const { issuerId } = owner
  const cardId = ctx.ids.next()
  const now = ctx.clock.now()
  const currency = card.currency ?? 'CNY'
  const iccid = `8999901${String(ctx.clock.now().getTime()).slice(-6)}${String(++serial).padStart(6, '0')}`
  await tx
    .insertInto('card')
    .values({
      issuer_id: issuerId,
      card_id: cardId,
      account_id: owner.accountId,
      iccid,
      plan: card.plan ?? 'LEB3',
      zone: card.zone ?? 'JP',
      sold_at: now,
      activated_at: now,
      expires_at: new Date(now.getTime() + 3 * 86_400_000),
      profile_state: 'Enabled',
      line_state: 'active',
      data_left_mb: 2048n,
      voice_left_s: 1800n,
      sms_left: 20n,
      currency,
      paid_minor: card.paid ?? 20_000n,
      payment_provider: card.provider ?? 'stripe',
      payment_ref: `pi_${serial}`,
      invoice_no: `INV-${serial}`,
    })
    .execute()
  const line = JSON.stringify({ eid: null, imsi: `99999${serial}`, msisdn: '+999100200300' })
  const sealed = sealDatum(
    owner.open,
    { issuerId, holderId: owner.holderId, itemId: cardId, kind: 'line' },
    line,
  )
  await tx
    .insertInto('vault_item')
    .values({ issuer_id: issuerId, item_id: cardId, holder_id: owner.holderId, kind: 'line', sealed })
    .execute()
  const balanceId = ctx.ids.next()
  await tx
    .insertInto('ledger_account')
    .values({ issuer_id: issuerId, account_id: balanceId, kind: 'holder_balance', currency, card_id: cardId })
    .execute()
  const balance = card.balance ?? 8640n
  if (balance > 0n) {
    const opening = await houseAccount(ctx, tx, { issuerId, kind: 'opening', currency })
    const entries = [
      { accountId: opening, amount: -balance },
      { accountId: balanceId, amount: balance },
    ]
    await post(ctx, tx, { issuerId, key: `open:${cardId}`, reason: 'opening', entries })
  }
  return { cardId, iccid }
}
