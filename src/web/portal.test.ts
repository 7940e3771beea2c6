import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { openPortal, Visitor } from '../../test/portal.ts'
import { seedCard } from '../../test/seed.ts'
import { openDb, openPool } from '../platform/db.ts'
import { SetupError } from '../platform/errors.ts'
import { body_limit_bytes } from './safety.ts'
import { serve } from './serve.ts'

let world: TestWorld
let portal: Awaited<ReturnType<typeof openPortal>>
let secure: Awaited<ReturnType<typeof openPortal>>
const origin = 'http://127.0.0.1:8460'
const visitor = () => new Visitor(portal.app, origin)

beforeAll(async () => {
  world = await openTestWorld()
  portal = await openPortal(world)
  const config = {
    ...world.config,
    publicUrl: 'https://close.leb.example',
    allowedHosts: ['close.leb.example'],
  }
  secure = await openPortal({ ...world, config })
  await seedCard(world, { email: 'mei@example.com' })
})
afterAll(async () => {
  await portal.close()
  await secure.close()
  await world.stop()
})

test('every answer forbids inline script, framing and sniffing', async () => {
  for (const path of ['/', '/leb/en', '/leb/en/sign-in', '/nothing/here', '/v/x']) {
    const { headers } = await visitor().fetch(path)
    const csp = headers.get('content-security-policy')!
    expect(csp).toContain("default-src 'none'")
    expect(csp).toContain("frame-ancestors 'none'")
    expect(csp).not.toContain('unsafe')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('same-origin')
    expect(headers.get('strict-transport-security')).toBeNull()
  }
  const home = await visitor().go('/leb/en/')
  expect([home.status, home.address]).toEqual([200, '/leb/en'])
  const page = home.html
  expect(page).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/)
})

test('an address with a slash too many is sent to the one without, and a word that is no issuer is not there', async () => {
  const answers = async (path: string) => {
    const { status, headers } = await visitor().fetch(path, { redirect: 'manual' })
    return [status, headers.get('location')]
  }
  expect(await answers('/leb')).toEqual([302, expect.stringMatching(/^\/leb\/(en|zh-CN)$/)])
  expect(await answers('/leb/')).toEqual([301, '/leb'])
  for (const path of ['/health', '/health/', '/metrics', '/status'])
    expect(await answers(path)).toEqual([404, null])
})

test('on https, cookies are host-bound and secure, and HSTS is sent', async () => {
  const v = new Visitor(secure.app, 'https://close.leb.example')
  const { headers } = await v.fetch('/leb/en/sign-in')
  expect(headers.get('strict-transport-security')).toContain('max-age=31536000')
  for (const cookie of headers.getSetCookie())
    expect(cookie).toMatch(/^__Host-leb-leb-\w+=.*Path=\/; HttpOnly; Secure; SameSite=Lax$/)
  expect(headers.getSetCookie().length).toBeGreaterThan(0)
})

test('the page for a Host that is not ours wears our styles and names no issuer', async () => {
  const [issuer] = world.issuers
  const headers = { host: 'evil.example', 'accept-language': 'en' }
  const answer = await visitor().fetch('/leb/en/sign-in', { headers })
  const page = await answer.text()
  expect([answer.status, answer.headers.getSetCookie()]).toEqual([421, []])
  expect(page).toContain('<header class="top">')
  for (const [, asset] of page.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)) {
    const file = await visitor().fetch(asset!, { headers })
    expect([file.status, file.headers.get('cache-control')]).toEqual([
      200,
      expect.stringContaining('immutable'),
    ])
    expect(file.headers.get('x-content-type-options')).toBe('nosniff')
  }
  expect(page).toMatch(/<link[^>]+rel="stylesheet"[^>]+href="\/assets\//)
  for (const own of [issuer!.name.en, issuer!.brand.supportEmail, 'form_token'])
    expect(page).not.toContain(own)
  expect((await visitor().fetch('/assets/none.css', { headers })).status).toBe(404)
})

test('a Host that is not ours gets 421 and no page', async () => {
  for (const host of ['evil.example', '127.0.0.1:9999', 'localhost.evil.example:8460']) {
    const answer = await visitor().fetch('/leb/en', { headers: { host } })
    expect(answer.status).toBe(421)
  }
  expect((await visitor().fetch('/leb/en', { headers: { host: 'LOCALHOST:8460' } })).status).toBe(200)
})

test('a form from another site, without its token, or with one of another browser is refused', async () => {
  const mine = await visitor().go('/leb/en/sign-in')
  const form = (token: string) => new URLSearchParams({ email: 'mei@example.com', form_token: token })
  const token = /name="form_token" value="([^"]+)"/.exec(mine.html)![1]!
  const send = async (v: Visitor, body: URLSearchParams, headers: Record<string, string>) =>
    (await v.fetch('/leb/en/sign-in', { method: 'POST', body, headers })).status
  expect(await send(mine, form(token), { origin: 'https://evil.example' })).toBe(403)
  expect(await send(mine, form(token), { origin: 'null' })).toBe(403)
  expect(await send(mine, form(token), { 'sec-fetch-site': 'cross-site' })).toBe(403)
  expect(await send(mine, form(token), { 'sec-fetch-site': 'same-site' })).toBe(403)
  expect(await send(mine, form(''), { origin })).toBe(403)
  expect(await send(mine, form(`${token}x`), { origin })).toBe(403)
  const other = await visitor().go('/leb/en/sign-in')
  expect(await send(other, form(token), { origin })).toBe(403)
  expect(await send(mine, form(token), { origin })).toBe(200)
})

test('a token from before signing in is worth nothing after it', async () => {
  const v = await visitor().go('/leb/en/sign-in')
  const before = /name="form_token" value="([^"]+)"/.exec(v.html)![1]!
  await v.signIn(world, 'leb', 'mei@example.com')
  const body = new URLSearchParams({ form_token: before })
  expect((await v.fetch('/leb/en/sign-out', { method: 'POST', body, headers: { origin } })).status).toBe(403)
})

test('more than a form can hold is refused', async () => {
  const body = new URLSearchParams({ email: 'x'.repeat(body_limit_bytes + 1) })
  const answer = await visitor().fetch('/leb/en/sign-in', { method: 'POST', body, headers: { origin } })
  expect(answer.status).toBe(413)
  expect(await answer.text()).toContain('too much text')
})

test('what is not there, and what is opened the wrong way, is said in both languages', async () => {
  const missing = await visitor().go('/leb/zh-CN/nowhere')
  expect(missing.status).toBe(404)
  expect(missing.text).toContain('没有这个页面')
  expect(missing.text).toContain('This page does not exist')
  expect(missing.html).toContain('<html lang="zh-CN">')
  for (const path of ['/nobody/en', '/leb/fr', '/leb/zh-CN-x', '/LEB/en', '/leb/english', '/assets/app.css'])
    expect((await visitor().fetch(path)).status).toBe(404)
  const wrong = await visitor().fetch('/leb/en/sign-out')
  expect(wrong.status).toBe(405)
  expect(wrong.headers.get('allow')).toBe('POST')
  expect((await visitor().fetch('/leb/en/cards', { method: 'DELETE' })).status).toBe(405)
})

test('what anyone may find describes itself, and nothing else asks to be listed', async () => {
  const v = visitor()
  for (const path of ['', '/sign-in', '/help/official-channels', '/shop', '/close/without-signing-in']) {
    await v.go(`/leb/zh-CN${path}`)
    expect(v.html).toMatch(/<meta name="description" content="[^"]{8,}"/)
    expect(v.html).not.toContain('noindex')
  }
  await v.signIn(world, 'leb', 'mei@example.com')
  for (const path of ['/leb/en/cards', '/leb/en/account', '/leb/en/close', '/leb/en/nowhere', '/v/x']) {
    await v.go(path)
    expect(v.html).toContain('<meta name="robots" content="noindex"')
  }
})

test('an error of ours says so, and nothing of what it was', async () => {
  const broken = {
    ...world,
    keys: { ...world.keys, vault: () => Promise.reject(new Error('secret detail')) },
  }
  const app = await openPortal(broken)
  const v = await new Visitor(app.app, origin).go('/leb/en')
  await app.close()
  expect(v.status).toBe(500)
  expect(v.html).not.toContain('secret detail')
  expect(v.headers.get('content-security-policy')).toContain("default-src 'none'")
})

test('a fault stands in the frame of the issuer as soon as it is known whose page it is, and asks no database', async () => {
  const help = 'href="mailto:help@leb.example"'
  const missing = await visitor().go('/leb/en/nowhere')
  expect(missing.html).toContain(help)
  expect(missing.html).toContain('href="/leb/zh-CN/nowhere"')
  // The address of a form has no page to show in the other language.
  const body = new URLSearchParams({ form_token: 'old' })
  const form = await visitor().go('/leb/en/sign-in', { method: 'POST', body, headers: { origin } })
  expect([form.status, form.html]).toEqual([403, expect.stringContaining(help)])
  expect(form.html).toContain('hreflang="zh-CN"')
  expect(form.html).not.toContain('href="/leb/zh-CN/sign-in"')
  const nobody = await visitor().go('/nobody/en/cards')
  expect(nobody.html).not.toContain('mailto:')
  expect(nobody.html).toContain('<a class="button" href="/">')
  const down = { ...world, db: openDb(openPool('postgres://nobody@127.0.0.1:1/none', 1, 'test')) }
  const app = await openPortal(down)
  const v = await new Visitor(app.app, origin).go('/leb/en')
  await app.close()
  await down.db.destroy()
  expect([v.status, v.text]).toEqual([500, expect.stringContaining('Something went wrong on our side')])
})

test('who tries too often is told until when', async () => {
  const v = await visitor().go('/leb/en/sign-in')
  for (let tries = 0; tries < 6; tries++) {
    await v.go('/leb/en/sign-in')
    await v.send('/sign-in', { email: 'often@example.com' })
  }
  expect(v.status).toBe(429)
  expect(v.headers.get('retry-after')).toBe('3600')
  expect(v.text).toContain('It works again from 22 November 2026, 19:00 (Beijing time).')
})

test('the language follows the address, then the last choice, then the browser', async () => {
  const v = visitor()
  expect(
    (await v.fetch('/leb', { headers: { 'accept-language': 'en-GB,zh;q=0.5' } })).headers.get('location'),
  ).toBe('/leb/en')
  expect((await v.fetch('/leb', { headers: { 'accept-language': 'zh-TW' } })).headers.get('location')).toBe(
    '/leb/zh-CN',
  )
  await v.go('/leb/en')
  expect((await v.fetch('/leb', { headers: { 'accept-language': 'zh-CN' } })).headers.get('location')).toBe(
    '/leb/en',
  )
  await v.go('/leb/en/sign-in?next=%2Fleb%2Fen%2Fclose')
  expect(v.html).toContain('href="/leb/zh-CN/sign-in?next=%2Fleb%2Fen%2Fclose"')
})

test('pages and files come packed, private pages are not kept', async () => {
  const page = await visitor().fetch('/leb/en', { headers: { 'accept-encoding': 'gzip, br' } })
  expect(page.headers.get('content-encoding')).toBe('br')
  expect(page.headers.get('cache-control')).toBe('no-store')
  const css = /href="(\/assets\/app[^"]+css)"/.exec((await visitor().go('/leb/en')).html)![1]!
  const file = await visitor().fetch(css, { headers: { 'accept-encoding': 'gzip' } })
  expect(file.headers.get('content-encoding')).toBe('gzip')
  expect(file.headers.get('cache-control')).toContain('immutable')
  const script = /src="(\/assets\/app[^"]+js)"/.exec((await visitor().go('/leb/en')).html)![1]!
  expect((await (await visitor().fetch(script)).text()).length).toBeLessThan(5 * 1024)
})

test('a taken port is said in one sentence', async () => {
  const blocker = createServer()
  await new Promise<void>((done) => blocker.listen(0, '127.0.0.1', done))
  const { port } = blocker.address() as { port: number }
  const failed = serve(portal.app, { host: '127.0.0.1', port })
  await expect(failed).rejects.toBeInstanceOf(SetupError)
  await expect(failed).rejects.toThrow(/is taken by another program/)
  blocker.close()
  const served = await serve(portal.app, { host: '127.0.0.1', port: 0 })
  expect((await fetch(`${served.url}/`, { headers: { host: 'x' } })).status).toBe(421)
  await served.stop()
  await expect(fetch(served.url)).rejects.toThrow('fetch failed')
})

test('stopping waits a little for what is under way, then ends streams that never would', async () => {
  const endless = () => new Response(new ReadableStream({ start: (c) => c.enqueue(new Uint8Array([10])) }))
  const served = await serve({ fetch: endless }, { host: '127.0.0.1', port: 0 })
  const answer = await fetch(served.url)
  const reader = answer.body!.getReader()
  expect((await reader.read()).done).toBe(false)
  const [next] = await Promise.allSettled([reader.read(), served.stop()])
  expect(next).toMatchObject({ status: 'rejected', reason: { message: 'terminated' } })
})
