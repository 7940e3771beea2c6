import { readdir } from 'node:fs/promises'
import { sql } from 'kysely'
import { Hono } from 'hono'
import { listIssuers } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { projectFile } from '../platform/project.ts'
import { mustSpeakFor } from '../slip/seal.ts'

export type Readiness = { ready: boolean; reasons: string[] }

const patience_ms = 5_000

/**
 * `/healthz`: the process answers. `/readyz`: it can do its work, else 503 with what is missing. Reasons name parts,
 * never addresses or errors, because anybody may ask.
 */
export function healthRoutes(ctx: Context): Hono {
  const app = new Hono()
  app.get('/healthz', (c) => c.json({ alive: true }, 200, { 'Cache-Control': 'no-store' }))
  app.get('/readyz', async (c) => {
    const state = await readiness(ctx)
    return c.json(state, state.ready ? 200 : 503, { 'Cache-Control': 'no-store' })
  })
  return app
}

export async function readiness(ctx: Context): Promise<Readiness> {
  const checks: [string, () => Promise<boolean>][] = [
    ['database', async () => (await sql`select 1`.execute(ctx.db)).rows.length === 1],
    ['migrations', () => areMigrationsCurrent(ctx)],
    ['queues', () => haveQueues(ctx)],
    ['keys', () => haveKeys(ctx)],
  ]
  const reasons = await Promise.all(checks.map(async ([name, check]) => ((await holds(check)) ? [] : [name])))
  const missing = reasons.flat()
  return { ready: missing.length === 0, reasons: missing }
}

/** A part that fails or does not answer in time is not ready. */
async function holds(check: () => Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((done) => (timer = setTimeout(() => done(false), patience_ms)))
  try {
    return await Promise.race([check(), late])
  } catch {
    return false
  } finally {
    clearTimeout(timer)
  }
}

async function areMigrationsCurrent(ctx: Context): Promise<boolean> {
  const { rows } = await sql<{ name: string }>`select name from migration`.execute(ctx.db)
  const applied = new Set(rows.map((row) => row.name))
  const files = (await readdir(projectFile('migrations'))).filter((name) => name.endsWith('.sql'))
  return files.every((name) => applied.has(name))
}

async function haveQueues(ctx: Context): Promise<boolean> {
  const { rows } = await sql<{ name: string }>`select name from pgboss.queue`.execute(ctx.db)
  const made = new Set(rows.map((row) => row.name))
  return ['closure', 'notice', 'deadlines'].every((name) => made.has(name))
}

/** Every issuer must be able to seal: a declaration without a slip can't be taken. */
async function haveKeys(ctx: Context): Promise<boolean> {
  for (const { issuerId, name } of await listIssuers(ctx.db))
    mustSpeakFor(await ctx.keys.sealing(issuerId), { id: issuerId, name: { zh: name['zh-CN'], en: name.en } })
  return true
}
