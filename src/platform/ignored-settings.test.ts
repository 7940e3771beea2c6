import { expect, test } from 'vitest'
import { ignoredSettings } from './ignored-settings.ts'

const said = (env: Record<string, string>, named: string[] = [], all = true) =>
  ignoredSettings({ named, all }, env)

test('a misspelt setting is named with the one that it may be meant as', () => {
  expect(said({ LEB_PROT: '80', LEB_LOG: 'warn', PATH: '/bin' })).toBe(
    'LEB knows no setting LEB_PROT (perhaps LEB_PORT): it has no effect (leb --help names every setting)',
  )
  const pairs = { LEB_DTA: 'LEB_DATA', LEB_DATABASE_URL: 'DATABASE_URL', LEB_PUBLIC_UR: 'LEB_PUBLIC_URL' }
  for (const [wrong, right] of Object.entries({ ...pairs, leb_port: 'LEB_PORT', LEB_KEY: 'LEB_KEYS' }))
    expect(said({ [wrong]: 'x' })).toContain(`${wrong} (perhaps ${right})`)
})

test('what an issuer’s settings name, what LEB sets itself, and what is empty is none', () => {
  expect(said({ LEB_KEY: 'sk', LEB_ACME_TOKEN: 'x' }, ['LEB_KEY', 'LEB_ACME_TOKEN'])).toBeUndefined()
  expect(said({ LEB_WITH_PARENT: '1', LEB_SAMPLE_STRIPE_KEY: 'sk', LEB_PROT: '' })).toBeUndefined()
})

test('where an issuer may still be to come, only a misspelt name is told', () => {
  const env = { LEB_ACME_TOKEN: 'x', LEB_PROT: '80' }
  expect(said(env, [], false)).toMatch(/setting LEB_PROT \(perhaps LEB_PORT\):/)
  expect(said(env)).toMatch(/LEB_ACME_TOKEN \(.*, LEB_PROT \(/)
})
