import { listIssuers } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'

/** How long a code's row is kept after its end, so that a late guess still hears "expired" and not "wrong". */
const codes_kept_hours = 24

/** Removes codes and sessions that are over, in all issuers. Meant for a minute job; answers how many rows went. */
export async function sweepAccess(ctx: Context): Promise<{ codes: number; sessions: number }> {
  const now = ctx.clock.now()
  const swept = { codes: 0, sessions: 0 }
  for (const { issuerId } of await listIssuers(ctx.db)) {
    await inIssuer(ctx.db, issuerId, async (tx) => {
      const codes = await tx
        .deleteFrom('access_code')
        .where('issuer_id', '=', issuerId)
        .where('expires_at', '<', new Date(now.getTime() - codes_kept_hours * 3_600_000))
        .executeTakeFirst()
      const sessions = await tx
        .deleteFrom('session')
        .where('issuer_id', '=', issuerId)
        .where('expires_at', '<', now)
        .executeTakeFirst()
      swept.codes += Number(codes.numDeletedRows)
      swept.sessions += Number(sessions.numDeletedRows)
    })
  }
  return swept
}
