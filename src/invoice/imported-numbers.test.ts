import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { fleetColumns } from '../card/fleet-columns.ts'
import { luhnDigit } from '../card/iccid.ts'
import { importCommand } from '../card/import-command.ts'
import { sampleFleet } from '../card/sample-fleet.ts'
import { issuerAddCommand } from '../issuer/issuer-command.ts'
import { sampleIssuers } from '../issuer/sample-issuers.ts'

let world: TestWorld
let dir: string
beforeAll(async () => {
  world = await openTestWorld()
  dir = await mkdtemp(join(tmpdir(), 'leb-numbers-'))
})
afterAll(async () => {
  await world.stop()
  await rm(dir, { recursive: true })
})

const [demo] = [...sampleFleet(1)]

async function importNumbers(numbers: string[], json: boolean): Promise<string> {
  const rows = numbers.map((invoice_no, at) => {
    const digits = `89999030${String(at + 1).padStart(10, '0')}`
    const row = {
      ...demo!,
      issuer: 'leb',
      account_ref: `T${at}`,
      iccid: digits + luhnDigit(digits),
      invoice_no,
    }
    return fleetColumns.map((name) => row[name]).join(',')
  })
  const file = join(dir, 'fleet.csv')
  await writeFile(file, `${[fleetColumns.join(','), ...rows].join('\n')}\n`)
  let said = ''
  const rejects = join(dir, 'rejects.csv')
  await importCommand(world, { file, rejects, json, progress: false, out: (text) => void (said += text) })
  return said
}

async function add(invoicePrefix: string): Promise<string> {
  const leb = sampleIssuers()[0]!
  const seller = { ...leb.brand.seller!, invoicePrefix }
  const file = join(dir, 'issuer.json')
  await writeFile(file, JSON.stringify({ ...leb, brand: { ...leb.brand, seller } }))
  let said = ''
  await issuerAddCommand(world, { file, json: true, out: (text) => void (said += text) })
  return said
}

test('imported numbers that LEB could give too are named until the prefix is another', async () => {
  // The test clock stands in 2026: what another year, form or prefix has is told apart.
  const apart = ['LEB-2026-0000043', 'LEB-2025-000044', 'X-LEB-2026-000045', 'LEB-2026-00046']
  const numbers = ['LEB-2026-000042', 'LEB-2027-1234567', ...apart]
  const alike = [{ issuer: 'leb', count: 2, example: 'LEB-2027-1234567' }]
  expect(JSON.parse(await importNumbers(numbers, true))).toMatchObject({
    imported: 6,
    invoice_numbers_like_ours: alike,
  })
  expect(await importNumbers(numbers, false)).toMatch(
    /leb: 2 imported invoice numbers, such as LEB-2027-1234567, .*brand\.seller\.invoicePrefix/,
  )
  expect(JSON.parse(await add('LEB'))).toMatchObject({ invoice_numbers_like_ours: alike[0] })
  expect(JSON.parse(await add('LEBB'))).not.toHaveProperty('invoice_numbers_like_ours')
  expect(JSON.parse(await importNumbers(numbers, true))).not.toHaveProperty('invoice_numbers_like_ours')
})
