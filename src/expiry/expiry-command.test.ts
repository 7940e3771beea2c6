import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { TestWorld } from '../../test/harness.ts'
import { expiryRunCommand, type ExpiryRunOptions } from './expiry-command.ts'
import { openExpiryWorld, readState, seedExpiring } from './expiry.fixture.ts'

let world: TestWorld
beforeAll(async () => void (world = await openExpiryWorld({ kind: 'lapse' })))
afterAll(() => world.stop())

async function run(options: Omit<ExpiryRunOptions, 'issuer'>) {
  const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  try {
    await expiryRunCommand(world, { issuer: 'leb', json: true, ...options })
    return JSON.parse(String(out.mock.calls[0]![0])) as unknown
  } finally {
    out.mockRestore()
  }
}

it('tells what would end, then ends just that', async () => {
  const cards = await seedExpiring(world, [
    { endsInHours: -5, told: 3, balance: 1234n, currency: 'KWD' },
    { endsInHours: -1, told: 3, balance: 500n, currency: 'JPY' },
    { endsInHours: -1, told: 3, balance: 0n },
    { endsInHours: -1, told: 3, balance: 9n, residence: 'CN' },
    { endsInHours: 30, balance: 77n },
  ])
  const kwd = { outcome: 'lapsed', currency: 'KWD', cards: 1, minor: '1234' }
  const rest = [
    { outcome: 'kept', currency: 'CNY', cards: 1, minor: '9' },
    { outcome: 'lapsed', currency: 'JPY', cards: 1, minor: '500' },
    { outcome: 'nothing', currency: 'CNY', cards: 1, minor: '0' },
  ]
  const all = [rest[0], rest[1], kwd, rest[2]]
  expect(await run({ dryRun: true })).toMatchObject({ dryRun: true, ended: all })
  expect(await run({ dryRun: true, until: '2026-11-24T00:00:00Z' })).toMatchObject({
    ended: [rest[0], { outcome: 'lapsed', currency: 'CNY', cards: 1, minor: '77' }, rest[1], kwd, rest[2]],
  })
  expect((await readState(world, cards[0]!)).balance).toBe(1234n)
  expect(await run({ until: '2026-11-22T06:00:00Z' })).toMatchObject({ warned: 1, ended: [kwd] })
  expect(await run({})).toMatchObject({ warned: 0, ended: rest, refundsDeclared: 0 })
  expect(await run({})).toMatchObject({ ended: [] })
})

it('takes no moment that lies ahead or has no zone, and no unknown issuer', async () => {
  await expect(run({ until: '2026-11-25T00:00:00Z' })).rejects.toThrow('lies ahead')
  await expect(run({ until: '2026-11-22T00:00:00' })).rejects.toThrow('with its zone')
  await expect(expiryRunCommand(world, { issuer: 'nobody' })).rejects.toThrow('there is no issuer nobody')
})
