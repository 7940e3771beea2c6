import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openFileKeys } from './adapters/keys/file.ts'
import { listKeysCommand, revokeCommand } from './keys-command.ts'
import { systemClock } from './platform/clock.ts'
import { type Config, readConfig } from './platform/env.ts'

let config: Config
beforeAll(async () => {
  config = readConfig({ LEB_DATA: await mkdtemp(join(tmpdir(), 'leb-keys-')) })
  const keys = await openFileKeys({ dir: config.keysDir, now: () => systemClock.now() })
  for (const id of ['acme', 'nomad']) await keys.ensureIssuer({ id, name: id })
})
afterAll(() => rm(config.dataDir, { recursive: true }))

async function list(issuer?: string, json = true): Promise<string> {
  let said = ''
  await listKeysCommand(config, issuer, { json, out: (text) => void (said += text) })
  return said
}
const rows = async (issuer?: string) => JSON.parse(await list(issuer)).keys as Record<string, string>[]

test('a key is listed with the id by which it is revoked, and then as revoked beside its successor', async () => {
  expect((await rows()).map(({ issuerId }) => issuerId)).toEqual(['acme', 'nomad'])
  const [key] = await rows('acme')
  expect(Object.keys(key!)).toEqual(['issuerId', 'kid', 'source', 'notBefore', 'notAfter', 'createdAt'])
  const from = '2026-11-22T18:00:00.000Z'
  await revokeCommand(config, { issuer: 'acme', kid: key!.kid!, from, json: true })
  const [old, present] = await rows('acme')
  expect(old).toMatchObject({ kid: key!.kid, revokedAt: from, retiredAt: expect.any(String) })
  expect(present!.revokedAt).toBeUndefined()
  const [first, second] = (await list('acme', false)).split('\n')
  expect(first).toMatch(new RegExp(`^acme +${key!.kid} .*, revoked from ${from}$`))
  expect(second).toMatch(new RegExp(`^acme +${present!.kid} .* to now, seals$`))
})

test('an issuer without keys is named', async () => {
  await expect(list('nobody')).rejects.toThrow(/nobody has no keys here/)
})
