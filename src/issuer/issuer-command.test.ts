import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { hasSecret } from '../platform/env.ts'
import { issuerAddCommand, issuerListCommand } from './issuer-command.ts'
import { sampleIssuers } from './sample-issuers.ts'

let world: TestWorld
let dir: string
beforeAll(async () => {
  world = await openTestWorld()
  dir = await mkdtemp(join(tmpdir(), 'leb-issuer-'))
})
afterAll(async () => {
  await world.stop()
  await rm(dir, { recursive: true })
})

async function add(content: string): Promise<string> {
  const file = join(dir, 'issuer.json')
  await writeFile(file, content)
  let said = ''
  expect(await issuerAddCommand(world, { file, json: true, out: (text) => void (said += text) })).toBe(0)
  return said
}
const nomad = () => ({ ...sampleIssuers()[1]!, issuerId: 'nomad' })

test('an issuer without a seller is set up, and told what it lacks to sell', async () => {
  const { seller: _, ...brand } = nomad().brand
  const said = JSON.parse(await add(JSON.stringify({ ...nomad(), issuerId: 'closer', brand })))
  expect(said).toMatchObject({ added: true })
  expect(said.lacks_to_sell[0]).toContain('brand.seller')
})

test('an issuer is set up with keys, changed when added again, and listed', async () => {
  const lacking = ['env:LEB_SAMPLE_STRIPE_KEY', 'env:LEB_SAMPLE_STRIPE_WEBHOOK_SECRET']
  const environment_lacks = lacking.filter((secret) => !hasSecret(secret))
  expect(JSON.parse(await add(JSON.stringify(nomad())))).toEqual({
    issuer: 'nomad',
    added: true,
    ...(environment_lacks.length > 0 && { environment_lacks }),
  })
  expect(JSON.parse(await add(JSON.stringify({ ...nomad(), jurisdiction: 'FR' })))).toMatchObject({
    added: false,
  })
  expect(await world.keys.issuers()).toContain('nomad')
  let said = ''
  await issuerListCommand(world, { json: true, out: (text) => void (said += text) })
  expect(JSON.parse(said).issuers).toContainEqual(
    expect.objectContaining({ issuer: 'nomad', jurisdiction: 'FR' }),
  )
})

test('secrets that are not set here are named, the mail server’s too', async () => {
  const { providers } = nomad()
  const mail = { ...providers.mail, url: 'smtps://leb:env%3ALEB_TEST_NO_SUCH@mail.example:465' }
  const said = JSON.parse(await add(JSON.stringify({ ...nomad(), providers: { ...providers, mail } })))
  expect(said.environment_lacks).toContain('env:LEB_TEST_NO_SUCH')
})

test('a wrong file is refused in one sentence that names the field', async () => {
  const wrong = { ...nomad(), brand: { ...nomad().brand, supportEmail: 'nobody' } }
  await expect(add(JSON.stringify(wrong))).rejects.toThrow(/brand\.supportEmail/)
  const { address: _, ...brand } = nomad().brand
  await expect(add(JSON.stringify({ ...nomad(), brand }))).rejects.toThrow(/brand\.address: is missing$/)
  const mistyped = { ...nomad(), bankStatement: {}, rules: { ...nomad().rules, undo_windw_minutes: 60 } }
  await expect(add(JSON.stringify(mistyped))).rejects.toThrow(
    /knows no (bankStatement, no rules\.undo_windw_minutes|rules\.undo_windw_minutes, no bankStatement)/,
  )
  await expect(add('{')).rejects.toThrow(/is not JSON/)
  await expect(issuerAddCommand(world, { file: join(dir, 'none') })).rejects.toThrow(/there is no file/)
})
