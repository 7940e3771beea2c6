import { getConnInfo } from '@hono/node-server/conninfo'
import { type Context as HonoContext, Hono } from 'hono'
import { sql } from 'kysely'
import { Gauge, Registry } from 'prom-client'
import { processMetrics } from '../api/http-latency.ts'
import { listIssuers } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'

// Counting all closures reads an index of them: once in so long is enough, however many ask.
const counted_every_ms = 10_000
// A backlog of this size is one, however much larger it is.
const due_counted_to = 1_000_000

/**
 * `/metrics` for Prometheus: counts by issuer and state, never by person or number. Answers callers on this machine
 * only, and none that came through a proxy.
 */
export function metricsRoutes(ctx: Context): Hono {
  const app = new Hono()
  const counts = openCounts(ctx)
  app.get('/metrics', async (c) => {
    if (!isLocal(c)) return c.json({ error: 'not from here' }, 403)
    await counts.refresh()
    const all = Registry.merge([processMetrics, counts.registry])
    return c.body(await all.metrics(), 200, { 'Content-Type': all.contentType, 'Cache-Control': 'no-store' })
  })
  return app
}

function isLocal(c: HonoContext): boolean {
  if (c.req.header('x-forwarded-for') || c.req.header('forwarded')) return false
  try {
    return /^(127\.|::1$|::ffff:127\.)/.test(getConnInfo(c).remote.address ?? '')
  } catch {
    return false
  }
}

type Counted = { name: string; label: string; count: string }

function openCounts(ctx: Context) {
  const registry = new Registry()
  const gauge = (name: string, help: string, labelNames: string[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] })
  const gauges = {
    closures: gauge('leb_closures', 'Closures by state', ['issuer', 'state']),
    late: gauge('leb_closures_late', 'Closures past their deadline and not done', ['issuer']),
    blocked: gauge('leb_closure_blocks', 'Open blocks, by whose turn it is', ['issuer', 'owner']),
    due: gauge('leb_expiry_due', 'Cards and kept balances whose time has come, not swept yet', ['issuer']),
    ended: gauge('leb_expiry_cards', 'Cards and kept balances that ended, by what came of them', [
      'issuer',
      'state',
    ]),
    notices: gauge('leb_notices', 'Mails by state; waiting is the backlog', ['issuer', 'state']),
  }
  let counted_at = 0
  return {
    registry,
    async refresh() {
      const now = ctx.clock.now().getTime()
      if (Math.abs(now - counted_at) < counted_every_ms) return
      counted_at = now
      for (const one of Object.values(gauges)) one.reset()
      for (const { issuerId: issuer } of await listIssuers(ctx.db)) {
        gauges.late.set({ issuer }, 0)
        for (const { name, label, count } of await countFor(ctx, issuer)) {
          const value = Number(count)
          if (name === 'late') gauges.late.set({ issuer }, value)
          else if (name === 'due') gauges.due.set({ issuer }, value)
          else if (name === 'blocked') gauges.blocked.set({ issuer, owner: label }, value)
          else gauges[name as 'closures' | 'notices' | 'ended'].set({ issuer, state: label }, value)
        }
      }
    },
  }
}

async function countFor(ctx: Context, issuerId: string): Promise<Counted[]> {
  const now = ctx.clock.now()
  const { rows } = await inIssuer(ctx.db, issuerId, (tx) =>
    sql<Counted>`
      select 'closures' as name, state as label, count(*)::text as count
        from closure where issuer_id = ${issuerId} group by state
      union all
      select 'late', '', count(*)::text from closure
       where issuer_id = ${issuerId} and due_at < ${now} and closed_at is null and undone_at is null
      union all
      select 'blocked', owner, count(*)::text from closure_block
       where issuer_id = ${issuerId} and cleared_at is null group by owner
      union all
      select 'due', '', count(*)::text from (
        select from card_end where issuer_id = ${issuerId} and lapses_at is not null
           and told in (0, 1, 2, 3) and lapses_at < ${now} limit ${due_counted_to}) d
      union all
      select 'ended', outcome, sum(cards)::text from expiry_tally where issuer_id = ${issuerId} group by outcome
      union all
      select 'notices', state, count(*)::text from notice where issuer_id = ${issuerId} group by state`.execute(
      tx,
    ),
  )
  return rows
}
