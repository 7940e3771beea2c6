import type { Context as HonoContext } from 'hono'
import { type DownloadPoint, parseDownloadProgress } from '../adapters/esim/download-progress.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'

// A profile only goes forward: reports overtake each other, and a late one must not undo a newer.
const forward: Partial<Record<DownloadPoint, { to: string; from: string[] }>> = {
  package_downloaded: { to: 'Downloaded', from: ['Released', 'Error'] },
  installed: { to: 'Installed', from: ['Released', 'Downloaded', 'Error'] },
}

/**
 * ES2+.HandleDownloadProgressInfo (SGP.22 v2.5, 5.3.5): notes how far the download of a card's profile has come. A
 * profile that is no card's here is none of the SM-DP+'s business: it has told us.
 */
export async function takeDownloadProgress(
  ctx: Context,
  issuerId: string,
  c: HonoContext,
): Promise<Response> {
  c.header('X-Admin-Protocol', 'gsma/rsp/v2.5.0')
  const progress = parseDownloadProgress(await c.req.json().catch(() => undefined))
  if (!progress) return c.json({ error: 'this is no download progress' }, 400)
  const { iccid, point, succeeded } = progress
  const step = succeeded ? forward[point] : undefined
  if (step)
    await inIssuer(ctx.db, issuerId, (tx) =>
      tx
        .updateTable('card')
        .set({ profile_state: step.to })
        .where('issuer_id', '=', issuerId)
        .where('iccid', '=', iccid)
        .where('state', '<>', 'closed')
        .where('profile_state', 'in', step.from)
        .execute(),
    )
  return c.body(null, 204)
}
