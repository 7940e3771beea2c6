import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { openOutside, type Outside } from '../../test/outside.ts'
import { seedCard, type Seeded, seedCards } from '../../test/seed.ts'
import { startWork, type Worker } from '../work.ts'
import { closeAll, readList } from './close-command.ts'
import { declareClosure } from './declare.ts'
import { readClosure } from './read-closure.ts'

let leb: Outside
let worker: Worker
let dir: string
beforeAll(async () => {
  leb = await openOutside()
  worker = await startWork(leb, leb.databaseUrl)
  dir = await mkdtemp(join(tmpdir(), 'leb-close-'))
})
afterAll(async () => {
  await worker.stop()
  await leb.stop()
  await rm(dir, { recursive: true })
})

/** What `leb close --json` says of each card, by its number. */
async function closed(iccids: string[]) {
  const said: string[] = []
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(String(text)) > 0)
  const code = await closeAll(leb, iccids, { json: true, check: () => {} }).finally(() => write.mockRestore())
  const lines = said.join('').trim().split('\n')
  const results = lines.map((line) => JSON.parse(line) as { iccid: string; result: string; number: string })
  return { code, results: new Map(results.map((one) => [one.iccid, one])) }
}

const declaredBy = (card: Seeded, cardIds: string[] | 'account' = [card.cardId]) =>
  declareClosure(leb, {
    issuerId: 'leb',
    accountId: card.accountId,
    cardIds,
    act: 'terminate',
    start: 'at_once',
    locale: 'en',
    zone: 'UTC',
    receivedBy: 'portal',
    identity: 'signed_in',
  })

it('closes a list, and called again finds each closed under its number', async () => {
  const cards = [await seedCard(leb, { locale: 'en' }), await seedCard(leb), await seedCard(leb)]
  const list = [...cards.map(({ iccid }) => iccid), '8999999999999999998']
  const first = await closed(list)
  expect(first.code).toBe(1)
  expect(list.map((iccid) => first.results.get(iccid)!.result)).toEqual([
    'closed',
    'closed',
    'closed',
    'unknown_card',
  ])
  // Its times are told by the clock of the law it is under, whatever language its holder reads.
  const { number } = first.results.get(cards[0]!.iccid)!
  expect((await readClosure(leb, { issuerId: 'leb', number }))!.zone).toBe('Asia/Shanghai')
  const again = await closed(list)
  expect(list.map((iccid) => again.results.get(iccid))).toEqual(list.map((iccid) => first.results.get(iccid)))
})

it('decides for a holder who declared the card and never came back with the code, and keeps their slip', async () => {
  const card = await seedCard(leb)
  const { number, closureId } = await declaredBy(card)
  const { code, results } = await closed([card.iccid])
  expect([code, results.get(card.iccid)]).toEqual([0, { iccid: card.iccid, result: 'closed', number }])
  const view = (await readClosure(leb, { issuerId: 'leb', closureId }))!
  expect(view).toMatchObject({ state: 'closed', provedBy: 'issuer', identity: 'signed_in' })
})

it('decides nothing of a whole account by one of its cards, and says at once whom it waits for', async () => {
  const two = { accountRef: 'TWO', email: 'two@example.com' }
  const [card] = await seedCards(leb, [two, two])
  const { closureId, number } = await declaredBy(card!, 'account')
  const { code, results } = await closed([card!.iccid])
  expect([code, results.get(card!.iccid)]).toMatchObject([1, { result: 'waiting', number }])
  expect((await readClosure(leb, { issuerId: 'leb', closureId }))!.state).toBe('declared')
})

it('refuses a list that is not plain text in one sentence', async () => {
  const file = join(dir, 'list.txt')
  await writeFile(file, Buffer.from('\uFEFF8999902000000000004\r\n', 'utf16le'))
  await expect(readList({ file })).rejects.toThrow(/list\.txt is not UTF-8/)
  await writeFile(file, '\uFEFF# leaving\r\n8999902000000000004\r\n')
  expect(await readList({ file })).toEqual(['8999902000000000004'])
})
