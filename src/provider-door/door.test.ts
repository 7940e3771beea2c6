import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { makeCertificates } from '../../sim/certificates.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { declareClosure } from '../closure/declare.ts'
import { proveIdentity } from '../closure/prove-identity.ts'
import { undoClosure } from '../closure/undo.ts'
import { inIssuer } from '../platform/db.ts'
import type { Look } from '../platform/jobs.ts'
import { makeProviderDoor, type ProviderDoor, startProviderDoor } from './door.ts'
import { registerHubs } from './register-hubs.ts'

let leb: Outside
const nudged: Look[] = []
let watched: Outside
beforeAll(async () => {
  leb = await openOutside({ unseenProfile: 'Released' })
  const jobs = { ...leb.jobs, nudge: async (_: string, look: Look) => void nudged.push(look) }
  watched = { ...leb, jobs, config: { ...leb.config, providerDoor: { port: 0 } } }
})
afterAll(() => leb.stop())
afterEach(() => void nudged.splice(0))

const post = (path: string, body: unknown) =>
  makeProviderDoor(watched).request(path, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  })
const declared = async (card: Seeded) => {
  const { closureId } = await declareClosure(leb, {
    issuerId: 'leb',
    accountId: card.accountId,
    cardIds: [card.cardId],
    act: 'terminate',
    start: 'at_once',
    locale: 'en',
    zone: 'Asia/Tokyo',
    receivedBy: 'api',
    identity: 'signed_in',
  })
  return closureId
}
const event = (externalId: string, state: unknown = 'completed') => ({
  eventType: 'ServiceOrderStateChangeEvent',
  event: { serviceOrder: { id: '7', externalId, state } },
})
const progress = (iccid: string, point: number, status = 'Executed-Success') => ({
  header: { functionRequesterIdentifier: 'dp', functionCallIdentifier: '1' },
  iccid,
  profileType: 'travel',
  timestamp: '2026-11-22T10:00:00Z',
  notificationPointId: point,
  notificationPointStatus: { status },
})
const es2 = '/gsma/rsp2/es2plus/handleDownloadProgressInfo'

it('takes an order event as a hint to look, and believes nothing in it', async () => {
  const id = await declared(await seedCard(leb))
  expect((await post('/leb/tmf641/listener', event(`${id}:freeze`))).status).toBe(204)
  expect(nudged).toEqual([]) // not identified: nothing was ordered for it yet
  await proveIdentity(leb, { issuerId: 'leb', closureId: id, code: await leb.codeOf('leb', id) })
  expect((await post('/leb/tmf641/listener', event(`${id}:freeze`))).status).toBe(204)
  expect(nudged).toEqual([{ issuerId: 'leb', id }])
  // Acknowledged, in progress: nothing to ask about yet. A state that nobody knows is asked about.
  for (const state of ['acknowledged', 'inProgress'])
    expect((await post('/leb/tmf641/listener', event(`${id}:freeze`, state))).status).toBe(204)
  expect(nudged).toHaveLength(1)
  for (const state of ['done?', 7, null]) await post('/leb/tmf641/listener', event(`${id}:freeze`, state))
  expect(nudged.splice(1)).toHaveLength(3)
  for (const path of ['/roamly/tmf641/listener', '/leb/tmf641/listener'])
    await post(path, event(path.startsWith('/roamly') ? `${id}:freeze` : `${leb.ids.next()}:freeze`))
  expect(nudged).toHaveLength(1)
})

it('looks again at a closure that was undone, whose line comes back by an order too', async () => {
  const id = await declared(await seedCard(leb))
  await proveIdentity(leb, { issuerId: 'leb', closureId: id, code: await leb.codeOf('leb', id) })
  await undoClosure(leb, { issuerId: 'leb', closureId: id })
  await post('/leb/tmf641/listener', event(`${id}:resume_line`))
  expect(nudged).toEqual([{ issuerId: 'leb', id }])
})

it('refuses rubbish', async () => {
  for (const rubbish of ['', 'null', '[]', '{"eventType":1}', '{', '\u0000', '"x"']) {
    expect((await post('/leb/tmf641/listener', rubbish)).status).toBe(400)
    expect((await post(`/leb${es2}`, rubbish)).status).toBe(400)
  }
  expect((await post('/nobody/tmf641/listener', event('x'))).status).toBe(404)
  expect((await post('/leb/tmf641/listener', `"${'x'.repeat(300_000)}"`)).status).toBe(413)
})

it('notes how far a profile has come, forward only and for its own issuer', async () => {
  const card = await seedCard(leb)
  const state = async () => {
    const row = await inIssuer(leb.db, 'leb', (tx) =>
      tx
        .selectFrom('card')
        .select('profile_state')
        .where('card_id', '=', card.cardId)
        .executeTakeFirstOrThrow(),
    )
    return row.profile_state
  }
  expect((await post(`/roamly${es2}`, progress(card.iccid, 4))).status).toBe(204)
  expect(await state()).toBe('Released')
  await post(`/leb${es2}`, progress(card.iccid, 4, 'Failed'))
  expect(await state()).toBe('Released')
  const answer = await post(`/leb${es2}`, progress(`${card.iccid}F`, 4))
  // A notification: pySim's client, for one, takes nothing but 204 for an answer.
  expect([answer.status, await answer.text()]).toEqual([204, ''])
  expect(answer.headers.get('x-admin-protocol')).toBe('gsma/rsp/v2.5.0')
  expect(await state()).toBe('Installed')
  await post(`/leb${es2}`, progress(card.iccid, 3))
  expect(await state()).toBe('Installed')
})

it('is told by the network itself once its listener is registered', async () => {
  const door = await startProviderDoor(watched)
  const hubs = registerHubs(watched, door.url)
  const until = async (done: () => boolean) => {
    while (!done()) await new Promise((go) => setTimeout(go, 10))
  }
  await until(() => hubs.registered.size === leb.issuers.length)
  const id = await declared(await seedCard(leb))
  await proveIdentity(leb, { issuerId: 'leb', closureId: id, code: await leb.codeOf('leb', id) })
  await leb.look('leb', id)
  await until(() => nudged.some((look) => look.id === id))
  await hubs.stop()
  await door.stop()
})

it('says whether it is alive and ready, and measures without naming anybody', async () => {
  await declared(await seedCard(leb))
  const door = await startProviderDoor(watched)
  const get = async (path: string, headers = {}) => {
    const answer = await fetch(door.url + path, { headers })
    return { status: answer.status, text: await answer.text() }
  }
  expect((await get('/healthz')).status).toBe(200)
  expect(await get('/readyz')).toEqual({ status: 200, text: '{"ready":true,"reasons":[]}' })
  const metrics = await get('/metrics')
  expect(metrics.text).toMatch(/leb_closures\{issuer="leb",state="declared"\} \d/)
  expect(metrics.text).toMatch(/leb_notices\{issuer="leb",state="waiting"\} \d/)
  expect(metrics.text).not.toMatch(/@|[0-9a-f]{8}-[0-9a-f]{4}-/)
  expect((await get('/metrics', { 'x-forwarded-for': '127.0.0.1' })).status).toBe(403)
  await door.stop()

  const broken = { ...watched, keys: { ...watched.keys, sealing: () => Promise.reject(new Error('gone')) } }
  const notReady = await makeProviderDoor(broken).request('/readyz')
  expect(notReady.status).toBe(503)
  expect(await notReady.json()).toEqual({ ready: false, reasons: ['keys'] })
  expect((await makeProviderDoor(watched).request('/metrics')).status).toBe(403)
})

it('lets in only who shows a certificate, when the config says so', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'leb-door-'))
  const { ca, server, client } = await makeCertificates()
  const files = {
    keyFile: join(dir, 'key.pem'),
    certFile: join(dir, 'cert.pem'),
    caFile: join(dir, 'ca.pem'),
  }
  await writeFile(files.keyFile, server.key)
  await writeFile(files.certFile, server.cert)
  await writeFile(files.caFile, ca)
  const config = { ...leb.config, providerDoor: { port: 0, ...files } }
  const door: ProviderDoor = await startProviderDoor({ ...watched, config })
  const knock = (options: https.RequestOptions) =>
    new Promise<number | string>((done) => {
      const request = https.get(`${door.url}/healthz`, { ca, agent: false, ...options }, (answer) => {
        answer.resume()
        done(answer.statusCode ?? 0)
      })
      request.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? 'refused'))
    })
  expect(await knock({ key: client.key, cert: client.cert })).toBe(200)
  expect(await knock({})).not.toBe(200)
  await door.stop()
  await rm(dir, { recursive: true })
  const taken = { ...leb.config, providerDoor: { port: 0, keyFile: join(dir, 'none.pem') } }
  await expect(startProviderDoor({ ...watched, config: taken })).rejects.toThrow(/LEB_PROVIDER_TLS_CERT/)
})
