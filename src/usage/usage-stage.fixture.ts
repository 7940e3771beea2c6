import { sql } from 'kysely'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { seedCard, type SeedCard, type Seeded } from '../../test/seed.ts'
import { putSampleCatalogue } from '../plan/sample-catalogue.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import type { UsageRecord } from './record.ts'
import { takeUsage } from './take-usage.ts'

export const usedAt = Date.parse('2026-11-22T09:00:00Z')

/** For tests: a LEB that sells the sample catalogue, cards, and what the books say of them. */
export async function openUsageStage() {
  const leb: TestWorld = await openTestWorld()
  await putSampleCatalogue(leb, ['leb', 'roamly'])
  const record = (card: Seeded, over: Partial<UsageRecord> = {}): UsageRecord => ({
    recordId: leb.ids.next(),
    iccid: card.iccid,
    kind: 'data',
    quantity: 1,
    country: 'JP',
    usedAt,
    ...over,
  })
  const take = (...records: UsageRecord[]) => takeUsage(leb, 'leb', records)
  const inLeb = <T>(work: (tx: Tx) => Promise<T>) => inIssuer(leb.db, 'leb', work)

  /** A card whose plan is used up, so that its balance pays. */
  const emptyCard = async (over: SeedCard = {}): Promise<Seeded> => {
    const card = await seedCard(leb, over)
    await inLeb((tx) =>
      sql`update card set data_left_mb = 0, voice_left_s = 0, sms_left = 0 where card_id = ${card.cardId}`.execute(
        tx,
      ),
    )
    return card
  }
  /** What the books and the card say after all. */
  const stateOf = async (card: Seeded) => {
    const { rows } = await inLeb((tx) =>
      sql<{ balance: bigint; data: bigint; voice: bigint; sms: bigint; records: bigint; gross: bigint }>`
      select l.balance, c.data_left_mb as data, c.voice_left_s as voice, c.sms_left as sms,
             (select count(*) from usage_record u where u.card_id = c.card_id) as records,
             (select coalesce(sum(gross_minor), 0)::bigint from usage_record u where u.card_id = c.card_id) as gross
        from card c join ledger_account l on l.card_id = c.card_id where c.card_id = ${card.cardId}`.execute(
        tx,
      ),
    )
    return rows[0]!
  }
  const house = async (kind: string, currency = 'CNY') => {
    const { rows } = await inLeb((tx) =>
      sql<{ balance: bigint }>`select balance from ledger_account
      where kind = ${kind} and currency = ${currency} and card_id is null`.execute(tx),
    )
    return rows[0]?.balance ?? 0n
  }
  const priceOfMb = async (card: Seeded) => {
    const [answer] = await take(record(card))
    if (answer?.outcome !== 'charged') throw new Error(`not charged: ${answer?.outcome}`)
    return answer.charged.amount
  }
  return { leb, record, take, inLeb, emptyCard, stateOf, house, priceOfMb }
}

export type UsageStage = Awaited<ReturnType<typeof openUsageStage>>
