import { sql } from 'kysely'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { type SeedCard, type Seeded, seedCards } from '../../test/seed.ts'
import type { Issuer } from '../issuer/issuer.ts'
import { sampleIssuers } from '../issuer/sample-issuers.ts'
import { inIssuer } from '../platform/db.ts'
import type { AtExpiry } from './expiry-rules.ts'

/** The sample issuers with one rule for what expires; where the law gives the balance back, `lapse` can't hold. */
export function issuersWith(rule: AtExpiry): Issuer[] {
  return sampleIssuers().map((issuer) => ({
    ...issuer,
    rules: { ...issuer.rules, money: { at_expiry: rule } },
  }))
}

export function openExpiryWorld(rule: AtExpiry): Promise<TestWorld> {
  return openTestWorld({ issuers: issuersWith(rule) })
}

export type ExpiringCard = SeedCard & {
  /** Hours from now. */
  endsInHours: number
  told?: number
  dataMb?: number
}

export async function seedExpiring(world: TestWorld, cards: ExpiringCard[]): Promise<Seeded[]> {
  const seeded = await seedCards(
    world,
    cards.map((card) => ({ residence: 'CH', locale: 'en', ...card })),
  )
  for (const [at, one] of seeded.entries()) {
    const { endsInHours, told = 0, dataMb = 0 } = cards[at]!
    const ends = new Date(world.clock.now().getTime() + endsInHours * 3_600_000)
    await inIssuer(world.db, one.issuerId, async (tx) => {
      await sql`update card set expires_at = ${ends}, data_left_mb = ${dataMb}, voice_left_s = 0, sms_left = 0
        where card_id = ${one.cardId}`.execute(tx)
      await sql`update card_end set told = ${told} where card_id = ${one.cardId}`.execute(tx)
    })
  }
  return seeded
}

export async function readState(world: TestWorld, card: Seeded) {
  return inIssuer(world.db, card.issuerId, async (tx) => {
    const { rows } = await sql<{
      state: string
      outcome: string | null
      balance: bigint
      lapsed_at: Date | null
      kept_until: Date | null
      told: number
      data_left_mb: bigint
    }>`
      select c.state, n.outcome, l.balance, n.lapsed_at, n.kept_until, n.told,
             case when n.lapsed_at is null then c.data_left_mb else 0 end as data_left_mb
        from card c join ledger_account l on l.issuer_id = c.issuer_id and l.card_id = c.card_id
          join card_end n on n.issuer_id = c.issuer_id and n.card_id = c.card_id
       where c.issuer_id = ${card.issuerId} and c.card_id = ${card.cardId}`.execute(tx)
    return rows[0]!
  })
}

/** What was told of a card, in the order of telling: `72 card`, `0 card lapsed 8640 CNY`. */
export async function readTold(world: TestWorld, card: Seeded): Promise<string[]> {
  return inIssuer(world.db, card.issuerId, async (tx) => {
    const { rows } = await sql<{ line: string }>`
      select concat_ws(' ', hours_before, subject, outcome,
               case when hours_before = 0 then amount_minor || ' ' || currency end) as line
        from expiry_notice where card_id = ${card.cardId} order by told_at, hours_before desc`.execute(tx)
    return rows.map((row) => row.line)
  })
}

/** The house's account of a kind, minor units; 0 where it was never needed. */
export async function readHouse(world: TestWorld, kind: string, currency = 'CNY', issuerId = 'leb') {
  return inIssuer(world.db, issuerId, async (tx) => {
    const row = await tx
      .selectFrom('ledger_account')
      .select('balance')
      .where('issuer_id', '=', issuerId)
      .where('kind', '=', kind)
      .where('currency', '=', currency)
      .executeTakeFirst()
    return row?.balance ?? 0n
  })
}
