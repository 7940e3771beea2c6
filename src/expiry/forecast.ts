import { sql } from 'kysely'
import type { Issuer } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { expiryRules } from './expiry-rules.ts'
import type { Lapsed } from './lapse-due.ts'

/**
 * What a sweep up to a moment would do, changing nothing: the same cards and rules as ledger_lapse, read in one
 * statement. Cards that are locked at this moment are counted too. A card whose warnings are still to come counts as
 * warned for a moment to come: by then it will be.
 */
export async function forecastDue(ctx: Context, issuer: Issuer, until: Date): Promise<Lapsed[]> {
  const now = ctx.clock.now()
  const { jurisdictions, kinds } = expiryRules(issuer, now)
  const { issuerId } = issuer
  const { rows } = await inIssuer(ctx.db, issuerId, (tx) =>
    sql<{ outcome: Lapsed['outcome']; currency: string; cards: bigint; minor: string }>`
      with due as (
        select l.currency, l.balance, n.lapsed_at is not null as kept, n.told > 0 or n.lapses_at > ${now} as warned,
               (${kinds}::text[])[coalesce(array_position(${jurisdictions}::text[], a.jurisdiction),
                                           array_position(${jurisdictions}::text[], '*'))] as rule
          from card_end n
          join card c on c.issuer_id = n.issuer_id and c.card_id = n.card_id
          join ledger_account l on l.issuer_id = c.issuer_id and l.card_id = c.card_id
          join account a on a.issuer_id = c.issuer_id and a.account_id = c.account_id
         where n.issuer_id = ${issuerId} and n.lapses_at is not null and n.told in (0, 1, 2, 3)
           and n.lapses_at <= ${until} and l.frozen_at is null and l.closed_at is null and l.held = 0
           and not exists (select from closure_card k
                            where k.issuer_id = c.issuer_id and k.card_id = c.card_id and k.live)
      )
      select case when balance = 0 then 'nothing' when kept then 'lapsed' when rule = 'refund' then 'refund'
                  when rule = 'lapse' and warned then 'lapsed' else 'kept' end as outcome,
             currency, count(*) as cards, sum(balance)::text as minor
        from due group by 1, 2 order by 1, 2`.execute(tx),
  )
  return rows.map((row) => ({ ...row, cards: Number(row.cards), minor: BigInt(row.minor) }))
}
