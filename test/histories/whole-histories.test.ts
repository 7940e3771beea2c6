import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { checkBooks } from '../../src/ledger/check.ts'
import { inIssuer } from '../../src/platform/db.ts'
import { sweepExpiry } from '../../src/expiry/sweep-expiry.ts'
import { anyHistory, anyRules } from './acts.ts'
import {
  balancesHold,
  deferredIsUnearned,
  journalReplays,
  kept_hours,
  nothingOutlivesItsCard,
  nothingStaysSetAside,
  othersAgree,
  toldAgainChangesNothing,
  usageIsBookedOnce,
} from './hold-true.ts'
import { beginPlay, lookAtAllPayments, perform, type Play, report, wait, work, workToTheEnd } from './play.ts'
import { issuerId, openHistoryStage, type Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => void (stage = await openHistoryStage()))
afterAll(() => stage.close())

const in_both = [
  'order_delivered',
  'top_up',
  'add_on_bought',
  'usage',
  'lapse',
  'closure_settlement',
  'chargeback',
]
const in_one = ['closure_payout', 'closure_undone', 'chargeback_reversed']

/** The bank's one account, through all histories. */
const statement: string[] = []

it('any history of sales, usage, top-ups, ends, closures and charge-backs keeps the books, however often it is told', async () => {
  await fc.assert(
    fc.asyncProperty(anyRules, anyHistory, async (rules, history) => {
      await stage.setRules(rules)
      const play = await beginPlay(stage, statement)
      for (const act of history) {
        await perform(play, act)
        await balancesHold(stage)
      }
      await playToTheEnd(play)
      await nothingStaysSetAside(stage)
      await usageIsBookedOnce(play)
      await othersAgree(play)
      await deferredIsUnearned(stage)
      await toldAgainChangesNothing(stage, () => tellAgain(play))
      await journalReplays(stage)
      expect(await checkBooks(stage.leb)).toMatchObject({ ok: true })
    }),
    { seed: 20_261_122, numRuns: 6, endOnFailure: true },
  )
  // Histories in which nothing happened would keep the books, too: all of it did happen.
  const reasons = await readReasons()
  expect(reasons).toMatchObject(Object.fromEntries(in_both.map((reason) => [reason, 'EUR KWD'])))
  expect(Object.keys(reasons)).toEqual(expect.arrayContaining(in_one))
}, 120_000)

/** Past the end of most cards that were used or imported, and of what is kept beyond it. */
async function playToTheEnd(play: Play): Promise<void> {
  await workToTheEnd(play)
  await wait(play, 10 * 24)
  const sweptAt = stage.leb.clock.now()
  await work(play)
  await wait(play, kept_hours + 1)
  await nothingOutlivesItsCard(play, sweptAt)
  await work(play)
  await balancesHold(stage)
}

/** Webhooks, usage, the bank's statement and every look, backwards and each more than once. */
async function tellAgain(play: Play): Promise<void> {
  const { leb, sim, shop } = stage
  const events = sim.webhooks.events().slice(play.toldBefore)
  for (const event of [...events.toReversed(), ...events]) sim.webhooks.replay(event.id)
  const records = play.batches.flat().toReversed()
  for (let at = 0; at < records.length; at += 3) await report(play, records.slice(at, at + 3))
  await report(play, records)
  await lookAtAllPayments(play)
  for (const placed of play.orders.toReversed()) await shop.look(placed, issuerId)
  for (const closureId of play.declared.toReversed()) await leb.look(issuerId, closureId)
  await work(play)
  await sweepExpiry(leb)
}

/** Each reason for which the books moved, with the currencies in which they did. */
async function readReasons(): Promise<Record<string, string>> {
  const { rows } = await inIssuer(stage.leb.db, issuerId, (tx) =>
    sql<{ reason: string; currencies: string }>`
      select p.reason, string_agg(distinct a.currency, ' ' order by a.currency) as currencies
        from ledger_posting p join ledger_entry e using (issuer_id, posting_id)
        join ledger_account a on a.issuer_id = e.issuer_id and a.account_id = e.account_id
       group by 1`.execute(tx),
  )
  return Object.fromEntries(rows.map((row) => [row.reason, row.currencies]))
}
