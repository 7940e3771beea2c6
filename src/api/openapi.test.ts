import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { brotliDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Api, openApi } from '../../test/api-client.ts'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { projectFile } from '../platform/project.ts'
import { openApiDocument } from './openapi-document.ts'
import { problemTexts } from './problem.ts'
import { operationsOf } from './reference-operations.tsx'
import { apiRoutes } from './routes.ts'

let leb: TestWorld
let api: Api
beforeAll(async () => {
  leb = await openTestWorld()
  api = openApi(leb)
})
afterAll(async () => {
  await api.close()
  await leb.stop()
})

it('is committed as it is served', () => {
  const committed: unknown = JSON.parse(readFileSync(projectFile('docs/openapi.json'), 'utf8'))
  expect(JSON.parse(JSON.stringify(openApiDocument('http://127.0.0.1:8460')))).toEqual(committed)
})

it('passes the linter', () => {
  const args = [projectFile('node_modules/@redocly/cli/bin/cli.js'), 'lint', projectFile('docs/openapi.json')]
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }
  const linted = spawnSync(process.execPath, [...args, '--format=json'], {
    cwd: projectFile(),
    encoding: 'utf8',
    env,
  })
  const { totals } = JSON.parse(linted.stdout) as { totals: object }
  expect(totals).toEqual({ errors: 0, warnings: 0, ignored: 0 })
})

it('documents every route there is, with an id, a tag, its errors and who may call it', async () => {
  const served = (await api.get('/api/openapi.json')).body
  const operations = operationsOf(served)
  const documented = new Set(operations.map((one) => `${one.method.toUpperCase()} ${one.path}`))
  const routes = apiRoutes().routes.filter((one) => one.method !== 'ALL')
  for (const { method, path } of routes)
    expect(documented).toContain(`${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
  expect(documented.size).toBe(new Set(routes.map((one) => `${one.method} ${one.path}`)).size)
  expect(new Set(operations.map((one) => one.operationId)).size).toBe(operations.length)
  for (const one of operations) {
    expect(one.tags).toHaveLength(1)
    expect(one.security).toBeDefined()
    expect(Object.keys(one.responses)).toEqual(expect.arrayContaining(['500', '421']))
    if ((one.security ?? []).length > 0) expect(Object.keys(one.responses)).toContain('401')
    if (one.method === 'post') expect(one.parameters?.map((p) => p.name)).toContain('Idempotency-Key')
  }
})

it('says null where null can come: an allOf with a named shape refuses it', () => {
  const impossible: string[] = []
  const walk = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return
    const { allOf } = node as { allOf?: { type?: unknown }[] }
    if (allOf?.some(({ type }) => Array.isArray(type) && type.includes('null'))) impossible.push(path)
    for (const [name, inner] of Object.entries(node)) walk(inner, `${path}/${name}`)
  }
  walk(openApiDocument('http://127.0.0.1:8460'), '')
  expect(impossible).toEqual([])
})

it('can be read by people, without script and with every link leading somewhere', async () => {
  const page = await api.get('/api')
  const html = String(page.body)
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(html).not.toContain('<script')
  for (const one of operationsOf(openApiDocument('http://x')))
    expect(html).toContain(`id="${one.operationId}"`)
  for (const [, anchor] of html.matchAll(/href="#([^"]+)"/g)) expect(html).toContain(`id="${anchor}"`)
  const slash = await api.get('/api/')
  expect([slash.status, slash.headers.get('location')]).toEqual([301, '/api'])
  const problems = String((await api.get('/problems')).body)
  for (const path of ['/api', '/problems', '/problems/holder/too_often']) {
    const packed = await api.get(path, { headers: { 'accept-encoding': 'br' } })
    expect(packed.headers.get('content-encoding')).toBe('br')
    expect(String(brotliDecompressSync(packed.body as Buffer))).toContain('</html>')
  }
  for (const [code, { title }] of Object.entries(problemTexts)) {
    expect(problems).toContain(`id="${code}"`)
    const own = String((await api.get(`/problems/${code}`)).body)
    // What is known only when it happens stands there by its name.
    expect(own).toContain(title['zh-CN'].replace(/\{(\w+)\}/g, '<var>$1</var>'))
    expect(own).not.toMatch(/\{\w+\}/)
  }
  expect((await api.get('/problems/api/nothing')).status).toBe(404)
  expect((await api.get('/readyz')).body).toEqual({ ready: true, reasons: [] })
})
