import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { inIssuer } from '../platform/db.ts'
import { projectFile } from '../platform/project.ts'
import { catalogueListCommand, cataloguePutCommand } from './catalogue-command.ts'
import { catalogueShowCommand } from './show-catalogue.ts'

let world: TestWorld
let dir: string
beforeAll(async () => {
  world = await openTestWorld()
  dir = await mkdtemp(join(tmpdir(), 'leb-catalogue-'))
})
afterAll(async () => {
  await rm(dir, { recursive: true, force: true })
  await world.stop()
})

const put = async (file: string, issuer?: string) => {
  let said = ''
  const out = (text: string) => void (said += text)
  const exit = await cataloguePutCommand(world, { file, json: true, out, ...(issuer && { issuer }) })
  return { exit, ...(JSON.parse(said) as { items: { code: string; change: string }[]; notByCard: object[] }) }
}
const written = async (value: unknown) => {
  const file = join(dir, 'file.json')
  await writeFile(file, typeof value === 'string' ? value : JSON.stringify(value))
  return file
}

it('takes the sample file, and again changes nothing', async () => {
  const sample = projectFile('demo', 'catalogue.json')
  const first = await put(sample, 'leb')
  expect(first.items.map((item) => item.change)).toEqual(Array(7).fill('added'))
  expect((await put(sample, 'leb')).items.every((item) => item.change === 'unchanged')).toBe(true)
  let said = ''
  await catalogueListCommand(world, { issuer: 'leb', json: false, out: (text) => void (said += text) })
  expect(said).toContain(
    'LEB3         v1 plan    LEB 3-day card: 128.00 CNY, 16.90 EUR, 139.00 HKD, 2700 JPY, 5.500 KWD',
  )
})

it('shows a file that put again changes nothing, and every version of one', async () => {
  const show = async (code?: string) => {
    let said = ''
    const out = (text: string) => void (said += text)
    await catalogueShowCommand(world, { issuer: 'sinotravel', json: false, out, ...(code && { code }) })
    return JSON.parse(said)
  }
  const sample = JSON.parse(await readFile(projectFile('demo', 'catalogue.json'), 'utf8'))
  await put(await written(sample), 'sinotravel')
  await put(await written({ items: [], withdraw: ['LEB7'] }), 'sinotravel')
  const file = await show()
  expect(file.items.map((item: { code: string }) => item.code)).not.toContain('LEB7')
  const again = await put(await written(file))
  expect(again.items).toHaveLength(6)
  expect(again.items.every(({ change }) => change === 'unchanged')).toBe(true)

  const at = file.items.findIndex((item: { code: string }) => item.code === 'LEB3')
  file.items[at].prices.CNY = '12900'
  const changed = await put(await written(file))
  expect(changed.items.filter(({ change }) => change !== 'unchanged')).toMatchObject([{ code: 'LEB3' }])
  expect(await show('LEB3')).toMatchObject({
    code: 'LEB3',
    versions: [
      { version: 2, withdrawnAt: null, terms: { prices: { CNY: '12900' } } },
      { version: 1, withdrawnAt: null, terms: { prices: { CNY: '12800' } } },
    ],
  })
})

it('names prices that can not be paid by card', async () => {
  const sample = JSON.parse(await readFile(projectFile('demo', 'catalogue.json'), 'utf8'))
  const [item] = sample.items.filter(({ code }: { code: string }) => code === 'LEB3')
  const prices = { ...item.prices, KWD: '5125' }
  const file = await written({ ...sample, items: [{ ...item, prices }], issuer: 'roamly' })
  expect((await put(file)).notByCard).toEqual([{ code: 'LEB3', price: '5.125 KWD', step: '0.010 KWD' }])
  let said = ''
  await cataloguePutCommand(world, { file, json: false, out: (text) => void (said += text) })
  expect(said).toMatch(/LEB3 +5\.125 KWD can’t be paid by card: Stripe takes steps of 0\.010 KWD/)
})

it('says in one go what is wrong and where, and changes nothing', async () => {
  await expect(put(await written({ items: [{ code: 'x', kind: 'plan' }] }), 'leb')).rejects.toThrow(
    /items\.0\.code: two to twenty[\s\S]*items\.0\.prices/,
  )
  await expect(put(await written('{'), 'leb')).rejects.toThrow(/is not JSON/)
  await expect(put(join(dir, 'none.json'), 'leb')).rejects.toThrow(/there is no file/)
  await expect(put(await written({ items: [] }))).rejects.toThrow(/names no issuer/)
  await expect(put(await written({ items: [] }), 'nobody')).rejects.toThrow(/there is no issuer nobody/)
})

it('withdraws, and says when there was nothing to withdraw', async () => {
  const file = await written({ issuer: 'leb', items: [], withdraw: ['SMS50', 'NONE'] })
  expect(await put(file)).toMatchObject({
    exit: 1,
    items: [
      { code: 'SMS50', change: 'withdrawn' },
      { code: 'NONE', change: 'unknown' },
    ],
  })
})

it('what was offered stays as it was offered, whoever asks', async () => {
  const change = (statement: 'update' | 'delete') =>
    inIssuer<unknown>(world.db, 'leb', (tx) =>
      statement === 'update'
        ? tx.updateTable('catalogue_item').set({ terms: '{}' }).where('code', '=', 'LEB3').execute()
        : tx.deleteFrom('catalogue_item').where('code', '=', 'LEB3').execute(),
    )
  await expect(change('update')).rejects.toMatchObject({ code: 'LB003' })
  await expect(change('delete')).rejects.toMatchObject({ code: 'LB003' })
  const again = inIssuer(world.db, 'leb', (tx) =>
    tx.updateTable('catalogue_item').set({ withdrawn_at: null }).where('code', '=', 'SMS50').execute(),
  )
  await expect(again).rejects.toMatchObject({ code: 'LB003' })
})
