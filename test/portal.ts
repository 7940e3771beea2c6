import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hono } from 'hono'
import { buildAssets } from '../bin/build-assets.mjs'
import { openWatch } from '../src/closure/watch.ts'
import { codeFor } from '../src/holder/access-code.ts'
import { inIssuer } from '../src/platform/db.ts'
import type { PortalEnv } from '../src/web/page.ts'
import { makePortal } from '../src/web/portal.tsx'
import type { TestWorld } from './harness.ts'

/** The portal over a test world, with styles built into a folder of its own. */
export async function openPortal(
  world: TestWorld,
): Promise<{ app: Hono<PortalEnv>; close(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'leb-assets-'))
  const assetsDir = join(dir, 'assets')
  await buildAssets(assetsDir)
  const watch = openWatch(world.databaseUrl)
  return {
    app: makePortal(world, { assetsDir, watch }),
    async close() {
      await watch.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** What the mail with the sign-in code would say, for the code page the visitor has before him. */
export async function mailedSignInCode(
  world: TestWorld,
  issuerId: string,
  visitor: Visitor,
): Promise<string> {
  const codeId = /name="code_id" value="([^"]+)"/.exec(visitor.html)?.[1]
  if (!codeId) throw new Error(`the page at ${visitor.address} asks for no code`)
  return codeFor(await world.keys.vault(issuerId), codeId)
}

/** What the mail with the code for a closure would say. */
export async function mailedClosureCode(world: TestWorld, issuerId: string, number: string): Promise<string> {
  const row = await inIssuer(world.db, issuerId, (tx) =>
    tx
      .selectFrom('access_code as a')
      .innerJoin('closure as c', (j) =>
        j.onRef('c.issuer_id', '=', 'a.issuer_id').onRef('c.closure_id', '=', 'a.closure_id'),
      )
      .select('a.code_id')
      .where('c.issuer_id', '=', issuerId)
      .where('c.number', '=', number)
      .orderBy('a.created_at', 'desc')
      .executeTakeFirstOrThrow(),
  )
  return codeFor(await world.keys.vault(issuerId), row.code_id)
}

/** A person at a browser without script: keeps cookies, follows redirects, sends the forms that pages hold. */
export class Visitor {
  readonly cookies = new Map<string, string>()
  readonly app: Hono<PortalEnv>
  readonly origin: string
  html = ''
  status = 0
  address = ''
  headers = new Headers()
  constructor(app: Hono<PortalEnv>, origin: string) {
    this.app = app
    this.origin = origin
  }

  async go(path: string, init: RequestInit = {}): Promise<this> {
    const answer = await this.fetch(path, init)
    const to = answer.headers.get('location')
    if (to && answer.status >= 300 && answer.status < 400) return this.go(to)
    this.html = await answer.text()
    return this
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    headers.set('cookie', [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    if (!headers.has('host')) headers.set('host', new URL(this.origin).host)
    const answer = await this.app.request(this.origin + path, { ...init, headers })
    for (const line of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = line.split(';')[0]!.split('=')
      if (/max-age=0/i.test(line)) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    this.status = answer.status
    this.headers = answer.headers
    this.address = path
    return answer
  }

  /** Sends the page's form whose action ends with `action`, with what is filled in over what it carries. */
  async send(action: string, fields: Record<string, string> = {}): Promise<this> {
    const form = [
      ...this.html.matchAll(/<form method="post" action="([^"]+)"[^>]*>([\s\S]*?)<\/form>/g),
    ].find((f) => f[1]!.endsWith(action))
    if (!form) throw new Error(`the page at ${this.address} has no form for ${action}`)
    const body = new URLSearchParams()
    for (const input of form[2]!.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g))
      body.append(input[1]!, input[2]!.replaceAll('&amp;', '&'))
    for (const [name, value] of Object.entries(fields)) body.set(name, value)
    return this.go(form[1]!, { method: 'POST', body, headers: { origin: this.origin } })
  }

  /** Signs in with the code that a mail would bring. */
  async signIn(world: TestWorld, issuerId: string, email: string, lang = 'en'): Promise<this> {
    await this.go(`/${issuerId}/${lang}/sign-in`)
    await this.send('/sign-in', { email })
    return this.send('/sign-in/code', { code: await mailedSignInCode(world, issuerId, this) })
  }

  get text(): string {
    return this.html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')
  }
  get title(): string {
    return /<title>([^<]*)/.exec(this.html)?.[1] ?? ''
  }
}
