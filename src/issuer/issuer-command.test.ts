import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { hasSecret } from '../platform/env.ts'
import { issuerAddCommand, issuerListCommand, issuerShowCommand } from './issuer-command.ts'
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
    sold_as_outside_tax: expect.arrayContaining(['JP', 'US']),
    tax_not_verified: ['VAT (France)', 'VAT (Austria)'],
    ...(environment_lacks.length > 0 && { environment_lacks }),
  })
  expect(JSON.parse(await add(JSON.stringify({ ...nomad(), jurisdiction: 'FR' })))).toMatchObject({
    added: false,
    policy: 'default',
  })
  expect(await world.keys.issuers()).toContain('nomad')
  let said = ''
  await issuerListCommand(world, { json: true, out: (text) => void (said += text) })
  expect(JSON.parse(said).issuers).toContainEqual(
    expect.objectContaining({ issuer: 'nomad', jurisdiction: 'FR' }),
  )
})

test('an issuer’s file is read back, and added again changes nothing', async () => {
  const row = () =>
    world.db.selectFrom('issuer').selectAll().where('issuer_id', '=', 'nomad').executeTakeFirstOrThrow()
  const show = async (json: boolean) => {
    let said = ''
    await issuerShowCommand(world, { issuer: 'nomad', json, out: (text) => void (said += text) })
    return said
  }
  const { providers, rules } = nomad()
  const payouts = { name: 'Nomad', iban: 'DE89370400440532013000', bic: 'COBADEFFXXX' }
  const columns = { bookedOn: 'day', amount: 'sum', text: ['text'], currency: 'currency' }
  const bankStatement = { kind: 'csv', delimiter: ';', decimal: '.', date: 'YYYY-MM-DD', columns }
  const mail = { ...providers.mail, url: 'smtps://leb:env%3ANOMAD_MAIL@mail.example:465' }
  const money = { closing_fee: { EUR: '100' }, minimum_payout: { EUR: '50' } }
  // Written with as little as it takes: what it leaves out stands in what is shown.
  const given = {
    ...nomad(),
    rules: { undo_window_minutes: 60, money, tax: rules.tax },
    providers: { ...providers, payouts, bankStatement, mail },
  }
  await add(JSON.stringify(given))
  const before = await row()
  const shown = await show(false)
  expect(JSON.parse(shown)).toMatchObject({ ...given, rules: { drain_seconds: 0, money } })
  expect(shown).toContain('"key": "env:LEB_SAMPLE_STRIPE_KEY"')
  expect(await show(true)).toBe(`${JSON.stringify(JSON.parse(shown))}\n`)
  expect(JSON.parse(await add(shown))).toMatchObject({ issuer: 'nomad', added: false })
  expect(await row()).toEqual(before)
  expect(await show(false)).toBe(shown)
})

test('secrets that are not set here are named, the mail server’s too', async () => {
  const { providers } = nomad()
  const mail = { ...providers.mail, url: 'smtps://leb:env%3ALEB_TEST_NO_SUCH@mail.example:465' }
  const said = JSON.parse(await add(JSON.stringify({ ...nomad(), providers: { ...providers, mail } })))
  expect(said.environment_lacks).toContain('env:LEB_TEST_NO_SUCH')
})

test('a mail server’s password in clear is refused, for whoever reads the file back would read it too', async () => {
  const { mail, ...others } = nomad().providers
  const providers = { ...others, mail: { ...mail, url: 'smtp://post:geheim@127.0.0.1:9504' } }
  const refused = add(JSON.stringify({ ...nomad(), providers }))
  await expect(refused).rejects.toThrow(/providers\.mail\.url tells a password: name a variable instead/)
  await expect(refused).rejects.not.toThrow(/geheim/)
})

test('a wrong file is refused in one sentence that names the field', async () => {
  const wrong = { ...nomad(), brand: { ...nomad().brand, supportEmail: 'nobody' } }
  await expect(add(JSON.stringify(wrong))).rejects.toThrow(/brand\.supportEmail/)
  const { address: _, ...brand } = nomad().brand
  await expect(add(JSON.stringify({ ...nomad(), brand }))).rejects.toThrow(/brand\.address is missing \(docs/)
  const mistyped = { ...nomad(), bankStatement: {}, rules: { ...nomad().rules, undo_windw_minutes: 60 } }
  await expect(add(JSON.stringify(mistyped))).rejects.toThrow(
    /knows no (bankStatement, no rules\.undo_windw_minutes|rules\.undo_windw_minutes, no bankStatement)/,
  )
  await expect(add('{')).rejects.toThrow(/is not JSON/)
  await expect(issuerAddCommand(world, { file: join(dir, 'none') })).rejects.toThrow(/there is no file/)
})

test('each fault is told in plain words, with its place and what stands there', async () => {
  const { brand, providers, rules } = nomad()
  const payouts = { name: 'Nomad GmbH', iban: 'DE89370400440532013000' }
  const cases: [object, string][] = [
    [{ brand: { ...brand, supportEmail: 'nobody' } }, 'brand.supportEmail takes an e-mail address'],
    [{ brand: { ...brand, address: 7 } }, 'brand.address takes text in quotes'],
    [{ brand: { ...brand, channels: [] } }, 'brand.channels is empty'],
    [{ rules: { ...rules, unproved_days: 91 } }, 'rules.unproved_days takes at most 90'],
    [{ rules: { ...rules, money: { unused_plan: 'all' } } }, 'takes one of "nothing", "by_day", "by_use"'],
    [{ rules: { ...rules, money: { at_expiry: { kind: 'x' } } } }, 'takes one of "lapse", "keep", "refund"'],
    [{ rules: { ...rules, money: { closing_fee: { EUR: 1 } } } }, 'closing_fee.EUR takes text in quotes'],
    [{ rules: { ...rules, money: { closing_fee: { eur: '1' } } } }, 'closing_fee.eur is a name that'],
    [
      { providers: { ...providers, payment: { kind: 'stripe', key: 'sk_1' } } },
      'providers.payment.key takes the name of',
    ],
    [
      { providers: { ...providers, line: { kind: 'tmf641', url: 'x' } } },
      'providers.line.url takes an address such',
    ],
    [
      { providers: { ...providers, payouts: { ...payouts, name: 'x' } } },
      'providers.payouts.name takes the holder of the account in 2 to 70',
    ],
    [{ providers: { ...providers, payouts: { ...payouts, name: 'Müller' } } }, 'they all take "Muller"'],
    [
      { providers: { ...providers, payouts: { ...payouts, name: '漫游里' } } },
      'such as "Acme Travel GmbH"; this can’t be written so',
    ],
    [{ jurisdiction: 'XX' }, 'jurisdiction takes the ISO 3166 code of a country, such as DE'],
    [{ jurisdiction: undefined }, 'jurisdiction is missing'],
  ]
  for (const [change, words] of cases)
    await expect(add(JSON.stringify({ ...nomad(), ...change })), words).rejects.toThrow(words)
})

test('a jurisdiction without rules of its own is taken, and which rules hold is said', async () => {
  const file = join(dir, 'issuer.json')
  await writeFile(file, JSON.stringify({ ...nomad(), jurisdiction: 'FR' }))
  let said = ''
  await issuerAddCommand(world, { file, out: (text) => void (said += text) })
  expect(said).toMatch(/LEB keeps no rules of FR: .*default.*\(rules are kept for CN, DE\)\n/)
})

test('the countries without a rule of tax are named, and rules that nobody has verified', async () => {
  const { rules } = nomad()
  const french = { ...rules.tax.rules[0]!, zones: ['EU'] }
  const file = join(dir, 'issuer.json')
  const say = async (tax: object) => {
    await writeFile(file, JSON.stringify({ ...nomad(), rules: { ...rules, tax } }))
    let said = ''
    await issuerAddCommand(world, { file, out: (text) => void (said += text) })
    return said
  }
  const swiss = { ...french, residence: ['CH'], zones: undefined, verified: true }
  const said = await say({ rules: [french, swiss] })
  // France has a rule for one zone only: another zone may still be refused.
  expect(said).toMatch(
    /No rule of tax .* residents of all countries but CH, CN, DE: their orders are refused/,
  )
  expect(said).toContain('Nobody has verified VAT (France): buyers are told so')
  expect(await say({ otherwise: 'outside' })).toMatch(/all countries but CN, DE have no rule of tax/)
  const anywhere = { ...swiss, residence: undefined }
  expect(await say({ rules: [anywhere] })).not.toMatch(/tax|verified/)
})

test('a rule of tax says why nothing is charged, and only then', async () => {
  const { rules } = nomad()
  const [french] = rules.tax.rules
  const cases: [object, string][] = [
    [{ rate_bp: 0 }, 'rules.tax.rules.0.untaxed takes one of "zero", "exempt", "outside" where rate_bp is 0'],
    [{ untaxed: 'exempt' }, 'rules.tax.rules.0.untaxed takes one of'],
    [{ residence: ['XX'] }, 'rules.tax.rules.0.residence.0 takes the ISO 3166 code of a country, such as DE'],
    [{ rate_bp: 20.5 }, 'rules.tax.rules.0.rate_bp takes a whole number'],
    [{ basis: undefined }, 'rules.tax.rules.0.basis is missing'],
    [{ verified: undefined }, 'rules.tax.rules.0.verified is missing'],
    [{ rates: 1 }, 'LEB knows no rules.tax.rules.0.rates'],
  ]
  for (const [change, words] of cases)
    await expect(
      add(JSON.stringify({ ...nomad(), rules: { ...rules, tax: { rules: [{ ...french!, ...change }] } } })),
      words,
    ).rejects.toThrow(words)
})
