import type { Context as HonoContext } from 'hono'
import {
  downloadProgressTaken,
  type DownloadPoint,
  type DownloadProgressResponse,
  failedWith,
  parseDownloadProgress,
} from '../adapters/esim/download-progress.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'

// A profile only goes forward: reports overtake each other, and a late one must not undo a newer.
const forward: Partial<Record<DownloadPoint, { to: string; from: string[] }>> = {
  package_downloaded: { to: 'Downloaded', from: ['Released', 'Error'] },
  installed: { to: 'Installed', from: ['Released', 'Downloaded', 'Error'] },
}

/**
 * ES2+.HandleDownloadProgressInfo (SGP.22 v2.5, 5.3.5): notes how far the download of a card's profile has come.
 * 8.2.1/3.9 when the issuer has no card with this ICCID.
 */
export async function takeDownloadProgress(
  ctx: Context,
  issuerId: string,
  c: HonoContext,
): Promise<Response> {
  const answer = (body: DownloadProgressResponse | { error: string }, status: 200 | 400 = 200) => {
    c.header('X-Admin-Protocol', 'gsma/rsp/v2.5.0')
    return c.json(body, status)
  }
  const body: unknown = await c.req.json().catch(() => undefined)
  if (typeof body !== 'object' || body === null) return answer({ error: 'the body is no JSON object' }, 400)
  const parsed = parseDownloadProgress(body)
  if (!parsed.ok) return answer(parsed.response)
  const { iccid, point, succeeded } = parsed.progress
  const step = succeeded ? forward[point] : undefined
  const known = await inIssuer(ctx.db, issuerId, async (tx) => {
    if (step)
      await tx
        .updateTable('card')
        .set({ profile_state: step.to })
        .where('issuer_id', '=', issuerId)
        .where('iccid', '=', iccid)
        .where('state', '<>', 'closed')
        .where('profile_state', 'in', step.from)
        .execute()
    const card = tx.selectFrom('card').select('card_id').where('issuer_id', '=', issuerId)
    return card.where('iccid', '=', iccid).executeTakeFirst()
  })
  return answer(known ? downloadProgressTaken() : failedWith('8.2.1', '3.9'))
}
