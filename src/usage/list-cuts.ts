import { listIssuers } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'

export type Cut = {
  issuer: string
  iccid: string
  /** `cutting` and `coming_back` wait for the network; `refused` waits for you. */
  state: 'cutting' | 'off' | 'coming_back' | 'refused'
  driedAt: string
  /** Off until then only, where a plan counts by day. */
  until: string | null
  refused: string | null
}

/** `leb usage cuts`: the lines that are off because their cards ran dry, and what the network refused. */
export async function cutsCommand(
  ctx: Context,
  input: { json?: boolean; out?: (text: string) => void },
): Promise<number> {
  const issuers = (await listIssuers(ctx.db)).map((one) => one.issuerId)
  const cuts = (await Promise.all(issuers.map((issuerId) => listCuts(ctx, issuerId)))).flat()
  const out = input.out ?? ((text: string) => void process.stdout.write(text))
  if (input.json) out(`${JSON.stringify({ cuts })}\n`)
  else if (cuts.length === 0) out('No line is off because its card ran dry\n')
  else
    for (const { issuer, iccid, state, driedAt, refused } of cuts)
      out(`${issuer}  ${iccid}  ${state.padEnd(11)} since ${driedAt}${refused ? `  (${refused})` : ''}\n`)
  return 0
}

async function listCuts(ctx: Context, issuerId: string): Promise<Cut[]> {
  const rows = await inIssuer(ctx.db, issuerId, (tx) =>
    tx
      .selectFrom('dry_cut as d')
      .innerJoin('card as c', (join) =>
        join.onRef('c.issuer_id', '=', 'd.issuer_id').onRef('c.card_id', '=', 'd.card_id'),
      )
      .select(['c.iccid', 'd.wish', 'd.told', 'd.dried_at', 'd.until', 'd.refused'])
      .where('d.issuer_id', '=', issuerId)
      .orderBy('d.dried_at')
      .execute(),
  )
  return rows.flatMap((row): Cut[] => {
    const off = row.wish % 2 === 1
    // On again, and the network has said so: nothing to show.
    if (!off && row.told === row.wish) return []
    return [
      {
        issuer: issuerId,
        iccid: row.iccid,
        state:
          row.refused !== null ? 'refused' : row.told === row.wish ? 'off' : off ? 'cutting' : 'coming_back',
        driedAt: row.dried_at.toISOString(),
        until: row.until?.toISOString() ?? null,
        refused: row.refused,
      },
    ]
  })
}
