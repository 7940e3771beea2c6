import { randomUUID } from 'node:crypto'
import { makeApi } from '../src/api/app.ts'
import { openWatch } from '../src/closure/watch.ts'
import { codeFor } from '../src/holder/access-code.ts'
import type { TestWorld } from './harness.ts'

// Tests look into bodies of every shape; what they expect is said where they look.
// oxlint-disable-next-line typescript/no-explicit-any
export type Answer = { status: number; headers: Headers; body: any }
export type Call = {
  token?: string | undefined
  body?: unknown
  key?: string | null
  headers?: Record<string, string>
}

/** The API of a test world, called in this process; every POST gets a key of its own unless told. */
export function openApi(world: TestWorld) {
  const watch = openWatch(world.databaseUrl)
  const app = makeApi(world, watch)
  const raw = (method: string, path: string, call: Call = {}) => {
    const key = call.key === undefined ? randomUUID() : call.key
    return app.request(`${world.config.publicUrl}${path}`, {
      method,
      headers: {
        host: new URL(world.config.publicUrl).host,
        'accept-language': 'en',
        ...(call.token && { authorization: `Bearer ${call.token}` }),
        ...(method === 'POST' && key !== null && { 'idempotency-key': key }),
        ...(call.body !== undefined && { 'content-type': 'application/json' }),
        ...call.headers,
      },
      ...(call.body !== undefined && {
        body: typeof call.body === 'string' ? call.body : JSON.stringify(call.body),
      }),
    })
  }
  const call = async (method: string, path: string, given?: Call): Promise<Answer> => {
    const answer = await raw(method, path, given)
    const json = answer.headers.get('content-type')?.includes('json')
    const body = json ? await answer.json() : Buffer.from(await answer.arrayBuffer())
    return { status: answer.status, headers: answer.headers, body }
  }
  return {
    app,
    raw,
    get: (path: string, given?: Call) => call('GET', path, given),
    post: (path: string, given?: Call) => call('POST', path, given),
    call,
    /** Signs in with the code that the mail would bring. */
    async signIn(issuerId: string, email: string): Promise<string> {
      const asked = await call('POST', `/api/v1/issuers/${issuerId}/sign-in-codes`, { body: { email } })
      const code = codeFor(await world.keys.vault(issuerId), asked.body.codeId)
      const body = { codeId: asked.body.codeId, code }
      return (await call('POST', `/api/v1/issuers/${issuerId}/sessions`, { body })).body.token
    },
    close: () => watch.close(),
  }
}
export type Api = ReturnType<typeof openApi>
