import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { inIssuer } from '../platform/db.ts'
import { itemById, itemsOnSale, planAt } from './catalogue.ts'
import { readCatalogueFile } from './catalogue-file.ts'
import { putCatalogue } from './put-catalogue.ts'
import { putSampleCatalogue, sampleCatalogue } from './sample-catalogue.ts'

let world: TestWorld
beforeAll(async () => {
  world = await openTestWorld()
  await putSampleCatalogue(world, ['leb', 'roamly'])
})
afterAll(() => world.stop())

const asLeb = <T>(work: Parameters<typeof inIssuer<T>>[2]) => inIssuer(world.db, 'leb', work)
const changed = (days: number) => {
  const items = sampleCatalogue().items.filter((item) => item.code === 'LEB3')
  return { items: items.map((item) => ({ ...item, terms: { ...item.terms, days } })), withdraw: [] }
}

describe('putCatalogue', () => {
  it('adds versions only where something changed, and a sale finds the one it was made under', async () => {
    const again = await putCatalogue(world, 'leb', sampleCatalogue())
    expect(new Set(again.map((result) => result.change))).toEqual(new Set(['unchanged']))
    const before = await asLeb((tx) => planAt(tx, 'leb', 'LEB3', world.clock.now()))
    world.clock.advance({ days: 1 })
    expect(await putCatalogue(world, 'leb', changed(4))).toEqual([
      { code: 'LEB3', version: 2, change: 'changed' },
    ])
    const now = await asLeb((tx) => planAt(tx, 'leb', 'LEB3', world.clock.now()))
    expect([before?.terms.days, now?.terms.days]).toEqual([3, 4])
    expect(await asLeb((tx) => itemById(tx, 'leb', before!.itemId))).toEqual(before)
    const longAgo = await asLeb((tx) => planAt(tx, 'leb', 'LEB3', new Date('2020-01-01')))
    expect(longAgo?.version).toBe(1)
    const between = await asLeb((tx) => planAt(tx, 'leb', 'LEB3', before!.publishedAt))
    expect(between?.version).toBe(1)
  })

  it('takes a code off sale and back on', async () => {
    const codes = async () => (await asLeb((tx) => itemsOnSale(tx, 'leb'))).map((item) => item.code)
    expect(await codes()).toEqual(['LEB3', 'LEB5', 'LEB7', 'DATA1G', 'DAYS3', 'MIN30', 'SMS50'])
    await putCatalogue(world, 'leb', { items: [], withdraw: ['LEB5', 'NOPE'] })
    expect(await codes()).not.toContain('LEB5')
    const [back] = await putCatalogue(world, 'leb', {
      items: sampleCatalogue().items.filter((item) => item.code === 'LEB5'),
      withdraw: [],
    })
    expect(back).toEqual({ code: 'LEB5', version: 2, change: 'changed' })
    expect(await codes()).toContain('LEB5')
  })

  it('is read by its own issuer only', async () => {
    const mine = await asLeb((tx) => itemsOnSale(tx, 'leb'))
    const other = await inIssuer(world.db, 'roamly', (tx) => itemById(tx, 'leb', mine[0]!.itemId))
    expect(other).toBeUndefined()
  })
})

describe('readCatalogueFile', () => {
  const faultsOf = (value: unknown) => {
    const read = readCatalogueFile(value)
    return 'faults' in read ? read.faults.map((fault) => `${fault.path}: ${fault.message}`) : []
  }
  const plan = {
    code: 'P1',
    kind: 'plan',
    name: { 'zh-CN': '套', en: 'plan' },
    days: 3,
    activate_within_days: 90,
    data_mb: 1,
    voice_s: 0,
    sms: 0,
    prices: { EUR: '100' },
    zones: [{ code: 'JP', countries: ['JP'], time_zone: 'Asia/Tokyo', tariff: {} }],
  }

  it('names every fault and where it stands', () => {
    expect(faultsOf({ items: [plan] })).toEqual([])
    expect(faultsOf({ items: [{ ...plan, days: 0, prices: { EUR: '1.5' } }] })).toHaveLength(2)
    expect(faultsOf({ items: [{ ...plan, prices: { XYZ: '5' }, balance: { EUR: '5' } }] })).toEqual([
      'items.0.prices.XYZ: XYZ is no currency of ISO 4217',
      'items.0.balance.EUR: a balance is less than the price it is part of',
    ])
    expect(faultsOf({ items: [{ ...plan, prices: { EUR: '0' } }] })[0]).toMatch(/more than 0/)
    expect(faultsOf({ items: [{ ...plan, zones: ['EU'] }] })[0]).toMatch(/no zone EU is described/)
    expect(faultsOf({ items: [plan, plan] })[0]).toMatch(/P1 stands there twice/)
    const odd = { code: 'ALPS', countries: ['CH'], time_zone: 'Mars/Base', tariff: {} }
    expect(faultsOf({ zones: [odd], items: [] })).toEqual([
      'zones.0.name: LEB knows no name for ALPS: give one',
      'zones.0.time_zone: Mars/Base is no IANA time zone',
    ])
    expect(faultsOf({ items: [{ ...plan, price: {} }] })).toHaveLength(1)
  })
})
