import type { Context as HonoContext } from 'hono'
import { parseOrderEvent } from '../adapters/line/tmf641-messages.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'

// Keys of line orders begin with the closure they are for (src/closure/story.ts): `<closure>[:<card>]:<step>`.
const closureInKey = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}):/

/**
 * TMF641's listener. Anyone can post here, so an event is only a hint to look now instead of at the next poll: the
 * worker asks the provider itself. The answer is the same whatever it was about.
 */
export async function hearOrderEvent(ctx: Context, issuerId: string, c: HonoContext): Promise<Response> {
  const event = parseOrderEvent(await c.req.json().catch(() => undefined))
  if (!event) return c.json({ error: 'no serviceOrderStateChangeEvent' }, 400)
  const closureId = closureInKey.exec(event.key)?.[1]
  if (closureId && !event.isStillOpen && (await isUnderWay(ctx, issuerId, closureId)))
    await ctx.jobs.nudge('closure', { issuerId, id: closureId })
  return c.body(null, 204)
}

/** Invented ids must not fill the queue. */
async function isUnderWay(ctx: Context, issuerId: string, closureId: string): Promise<boolean> {
  const row = await inIssuer(ctx.db, issuerId, (tx) =>
    tx
      .selectFrom('closure')
      .select('closure_id')
      .where('issuer_id', '=', issuerId)
      .where('closure_id', '=', closureId)
      .where('identified_at', 'is not', null)
      .where('closed_at', 'is', null)
      .executeTakeFirst(),
  )
  return row !== undefined
}
