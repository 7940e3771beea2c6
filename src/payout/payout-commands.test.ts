import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { closeCard, setMoney } from '../../test/payouts.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { seedCard } from '../../test/seed.ts'
import { nameBankAccount } from '../closure/bank-account.ts'
import { readClosure } from '../closure/read-closure.ts'
import { inIssuer } from '../platform/db.ts'
import { burnOldFiles } from './file-envelope.ts'
import { payoutFileCommand, payoutListCommand } from './payout-commands.ts'
import { endToEndId, transferSettled } from './transfers.ts'

const issuerId = 'roamly'
let leb: Outside
let dir: string
beforeAll(async () => {
  leb = await openOutside({ lazyCurrency: 'eur' })
  dir = await mkdtemp(join(tmpdir(), 'leb-payout-'))
})
afterAll(async () => {
  await leb.stop()
  await rm(dir, { recursive: true, force: true })
})

/** What a command printed, as the JSON it is. */
const said = async (run: () => Promise<void>) => JSON.parse(await text(run)) as Record<string, unknown>

async function text(run: () => Promise<void>): Promise<string> {
  const parts: string[] = []
  const print = vi.spyOn(process.stdout, 'write').mockImplementation((part) => parts.push(String(part)) > 0)
  await run().finally(() => print.mockRestore())
  return parts.join('')
}
const file = (out: string, more: { again?: string } = {}) =>
  said(() => payoutFileCommand(leb, { issuer: issuerId, out: join(dir, out), json: true, ...more }))
const list = () => said(() => payoutListCommand(leb, { issuer: issuerId, json: true }))

it('writes a file once, the same bytes again while a transfer is open, and over nothing', async () => {
  await expect(file('a.xml')).rejects.toThrow('names no account to pay from')
  await setMoney(leb, issuerId, {})
  expect(await file('none.xml')).toEqual({ file: null, transfers: 0 })
  await expect(stat(join(dir, 'none.xml'))).rejects.toThrow('ENOENT')

  const closures = []
  for (const balance of [1234n, 99n]) {
    const card = await seedCard(leb, {
      issuerId,
      currency: 'EUR',
      residence: 'DE',
      balance,
      provider: 'bank',
    })
    closures.push(await closeCard(leb, card))
  }
  const numbers: string[] = []
  for (const closureId of closures) numbers.push((await readClosure(leb, { issuerId, closureId }))!.number)
  const transfer = { of: 'closure', currency: 'EUR', state: 'waiting', account: 'wanted', fileId: null }
  expect(await list()).toMatchObject({
    waiting: [{ currency: 'EUR', amount: '1333', transfers: 2, accountKnown: 0 }],
    transfers: expect.arrayContaining([
      { ...transfer, number: numbers[0], iccid: expect.stringMatching(/^89/), amount: '1234' },
      { ...transfer, number: numbers[1], iccid: expect.stringMatching(/^89/), amount: '99' },
    ]),
  })
  for (const closureId of closures)
    await nameBankAccount(leb, {
      issuerId,
      closureId,
      iban: 'FR1420041010050500013M02606',
      name: 'Zoë O’Hara & Fils',
    })

  await writeFile(join(dir, 'kept.xml'), 'mine')
  await expect(file('kept.xml')).rejects.toThrow('overwrites nothing')
  expect(await readFile(join(dir, 'kept.xml'), 'utf8')).toBe('mine')
  const made = await file('a.xml')
  expect(made).toMatchObject({ transfers: 2, left: 0 })
  expect((await stat(join(dir, 'a.xml'))).mode & 0o777).toBe(0o600)
  expect(await file('b.xml')).toEqual({ file: null, transfers: 0 })
  const fileId = String(made['file'])
  await file('again.xml', { again: fileId })
  expect(await readFile(join(dir, 'again.xml'))).toEqual(await readFile(join(dir, 'a.xml')))
  expect(await list()).toMatchObject({
    waiting: [],
    files: [{ fileId, transfers: 2, open: 2 }],
    transfers: expect.arrayContaining([
      expect.objectContaining({ number: numbers[0], state: 'sent', account: 'known', fileId }),
      expect.objectContaining({ number: numbers[1], state: 'sent', account: 'known', fileId }),
    ]),
  })
  const printed = await text(() => payoutListCommand(leb, { issuer: issuerId }))
  expect(printed).toMatch(new RegExp(`\n${numbers[0]} +89\\d+ +€12\\.34  in file ${fileId}\n`))

  const parts = await inIssuer(leb.db, issuerId, (tx) =>
    tx.selectFrom('payout_part').select(['part_id', 'amount_minor']).where('state', '=', 'sent').execute(),
  )
  for (const part of parts)
    await inIssuer(leb.db, issuerId, (tx) =>
      transferSettled(leb, tx, {
        issuerId,
        endToEndId: endToEndId(part.part_id),
        amount: part.amount_minor,
        currency: 'EUR',
        bookedOn: '2026-11-24',
      }),
    )
  await expect(file('late.xml', { again: fileId })).rejects.toThrow('its content was destroyed')
  await expect(file('other.xml', { again: 'no-such-file' })).rejects.toThrow('has no file')
})

it('reads no file again after 30 days, though the bank never said what became of one transfer', async () => {
  const card = await seedCard(leb, { issuerId, currency: 'EUR', balance: 700n, provider: 'bank' })
  const closureId = await closeCard(leb, card)
  await nameBankAccount(leb, { issuerId, closureId, iban: 'FR1420041010050500013M02606', name: 'Zoe' })
  const again = String((await file('stuck.xml'))['file'])
  leb.clock.advance({ days: 30 })
  expect(await burnOldFiles(leb)).toBe(0)
  await file('stuck-again.xml', { again })
  leb.clock.advance({ seconds: 1 })
  expect(await burnOldFiles(leb)).toBe(1)
  await expect(file('never.xml', { again })).rejects.toThrow('its content was destroyed')
  const kept = await inIssuer(leb.db, issuerId, (tx) =>
    tx.selectFrom('payout_file').select(['wrapped_key', 'sealed']).where('file_id', '=', again).execute(),
  )
  expect(kept).toEqual([{ wrapped_key: null, sealed: null }])
  expect(await burnOldFiles(leb)).toBe(0)
})
