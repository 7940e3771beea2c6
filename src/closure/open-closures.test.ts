import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openOutside, type Outside } from '../../test/outside.ts'
import { closeCard, setMoney } from '../../test/payouts.ts'
import { seedCard, type Seeded, seedCards } from '../../test/seed.ts'
import { makePayoutFile } from '../payout/payout-file.ts'
import { endToEndId, transferReturned, transferSettled } from '../payout/transfers.ts'
import { inIssuer } from '../platform/db.ts'
import { nameBankAccount } from './bank-account.ts'
import { claimKept } from './claim-kept.ts'
import { declareClosure } from './declare.ts'
import { openClosuresCommand, type OpenOptions } from './open-closures-command.ts'
import type { OpenClosure } from './open-closures.ts'
import { readClosure } from './read-closure.ts'
import { remindHolders } from './remind-of-account.ts'
import { undoClosure } from './undo.ts'

const issuerId = 'roamly'
let leb: Outside
let bankPaid: Seeded
let waiting: string
let unproved: string
beforeAll(async () => {
  leb = await openOutside({ lazyCurrency: 'eur' })
  await setMoney(leb, issuerId, {})
  bankPaid = await bankCard(1234n)
  waiting = await numberOf(await closeCard(leb, bankPaid))
  const account = { issuerId, accountRef: 'TWO', email: 'two@example.com', residence: 'DE' }
  const [two] = await seedCards(leb, [account, account])
  unproved = await numberOf(await declared(two!, 'account'))
})
afterAll(() => leb.stop())

const bankCard = (balance: bigint) =>
  seedCard(leb, { issuerId, currency: 'EUR', residence: 'DE', balance, provider: 'bank' })
const numberOf = async (closureId: string) => (await readClosure(leb, { issuerId, closureId }))!.number

async function declared(card: Seeded, cardIds: string[] | 'account' = [card.cardId]): Promise<string> {
  const { closureId } = await declareClosure(leb, {
    issuerId,
    accountId: card.accountId,
    cardIds,
    act: 'terminate',
    start: 'after_undo_window',
    locale: 'en',
    zone: 'UTC',
    receivedBy: 'portal',
    identity: 'signed_in',
  })
  return closureId
}

async function said(options: OpenOptions): Promise<string> {
  let text = ''
  const out = (more: string) => void (text += more)
  expect(await openClosuresCommand(leb, { issuer: issuerId, ...options, out })).toBe(0)
  return text
}
type Answer = { closures: OpenClosure[] } & Record<string, unknown>
const list = async (options: OpenOptions = {}) => JSON.parse(await said({ json: true, ...options })) as Answer

it('names each that is not done: where it stands, whose turn it is and why', async () => {
  await closeCard(leb, await seedCard(leb, { issuerId, currency: 'EUR', residence: 'DE' }))
  const undone = await declared(await bankCard(1n))
  await undoClosure(leb, { issuerId, closureId: undone })

  const { closures, ...counts } = await list()
  expect(counts).toEqual({ open: 2, late: 0, blocked: 1, staff: 0, holder: 1, provider: 0 })
  expect(closures.toSorted((a, b) => a.step.localeCompare(b.step))).toMatchObject([
    {
      number: unproved,
      covers: 'account',
      account: 'TWO',
      step: 'identify',
      since: '2026-11-22T10:00:00.000Z',
      late: false,
      turn: 'holder',
      why: 'the code that was mailed has not been entered',
      blocks: [],
    },
    {
      number: waiting,
      cards: [bankPaid.iccid],
      step: 'pay_out',
      turn: 'holder',
      why: 'asked for an account by mail on 2026-11-22',
      blocks: [{ reason: 'bank_details_needed', turn: 'holder' }],
    },
  ])
  expect((await list({ blocked: true })).closures.map(({ number }) => number)).toEqual([waiting])
  expect(await list({ late: true })).toMatchObject({ closures: [], open: 0 })
  expect(await said({ late: true })).toBe('No such closure is open\n')
})

it('prints a table that tells no name and no address', async () => {
  const text = await said({})
  const lines = text.split('\n')
  expect(lines[0]).toBe('NUMBER             CARD OR ACCOUNT          DUE (UTC)')
  const at = lines.findIndex((line) => line.startsWith(waiting))
  expect(lines[at]).toMatch(
    new RegExp(`^${waiting}  ${bankPaid.iccid}      2026-\\d\\d-\\d\\d \\d\\d:\\d\\d$`),
  )
  expect(lines[at + 1]).toBe(
    '  paying the money back since 2026-11-22 10:00; the holder’s turn: asked for an account by mail on 2026-11-22',
  )
  expect(text).toContain('account TWO')
  expect(text).toMatch(/\n2 open, 0 late, 1 blocked \(yours 0, holders’ 1, providers’ 0\)\n$/)
  expect(text).not.toMatch(/@/)
})

it('lists a closed one again whose transfer has come back', async () => {
  const closureId = await closeCard(leb, await bankCard(500n))
  const iban = 'FR1420041010050500013M02606'
  await nameBankAccount(leb, { issuerId, closureId, iban, name: 'Zoë Martin' })
  await leb.look(issuerId, closureId)
  const number = await numberOf(closureId)
  expect((await list({ blocked: true })).closures).toContainEqual(
    expect.objectContaining({
      number,
      turn: 'staff',
      why: 'its transfer waits for the next file for the bank: leb payout file',
    }),
  )
  const issuer = leb.issuers.find((one) => one.issuerId === issuerId)!
  await makePayoutFile(leb, issuer, { name: 'Roamly', iban: 'DE89370400440532013000' })
  const part = await inIssuer(leb.db, issuerId, (tx) =>
    tx
      .selectFrom('payout_part')
      .select('part_id')
      .where('issuer_id', '=', issuerId)
      .where('closure_id', '=', closureId)
      .executeTakeFirstOrThrow(),
  )
  const endToEnd = endToEndId(part.part_id)
  const booked = { issuerId, endToEndId: endToEnd, amount: 500n, currency: 'EUR', bookedOn: '2026-11-23' }
  await inIssuer(leb.db, issuerId, (tx) => transferSettled(leb, tx, booked))
  await leb.look(issuerId, closureId)
  expect((await list()).closures.map((one) => one.number)).not.toContain(number)

  await inIssuer(leb.db, issuerId, (tx) => transferReturned(leb, tx, booked))
  await leb.look(issuerId, closureId)
  expect((await list({ blocked: true })).closures).toContainEqual(
    expect.objectContaining({ number, state: 'closed', step: 'pay_out', turn: 'holder', late: false }),
  )
  expect(await said({ blocked: true })).toMatch(
    new RegExp(`\\n${number} .*  closed\\n  paying the money back since`),
  )
})

it('lists a closed one whose holder has claimed what was kept, before any worker has looked', async () => {
  const card = await seedCard(leb, { issuerId, currency: 'EUR', residence: 'DE', balance: 40n })
  const closureId = await closeCard(leb, card)
  const number = await numberOf(closureId)
  await inIssuer(leb.db, issuerId, (tx) =>
    sql`update payout_part set route = 'kept', payment_id = null, state = 'waiting', reference = null, paid_at = null
         where closure_id = ${closureId}`.execute(tx),
  )
  expect((await list()).closures.map((one) => one.number)).not.toContain(number)
  await claimKept(leb, { issuerId, closureId })
  expect((await list()).closures).toContainEqual(
    expect.objectContaining({
      number,
      state: 'closed',
      step: 'pay_out',
      turn: 'leb',
      since: leb.clock.now().toISOString(),
      why: 'under way: nobody has to act',
    }),
  )
  expect((await list({ blocked: true })).closures.map((one) => one.number)).not.toContain(number)
  await leb.look(issuerId, closureId)
  expect((await list()).closures.map((one) => one.number)).not.toContain(number)
})

it('says which are late, and of a holder who does not answer that staff should write', async () => {
  for (const days of [4, 11]) {
    leb.clock.advance({ days })
    await remindHolders(leb)
    await leb.sendMails(issuerId)
  }
  leb.clock.advance({ days: 60 })
  const { closures, late } = await list({ late: true })
  expect(late).toBe(2)
  expect(closures.map(({ number }) => number).toSorted()).toEqual([waiting, unproved].toSorted())
  expect(closures.find(({ number }) => number === waiting)!.why).toBe(
    `asked for an account on 2026-11-22 and reminded twice in vain: write to them, or leb paid ${waiting}`,
  )
  expect(await said({ late: true })).toMatch(/  LATE\n/)
})

it('reads thousands page by page, each once', async () => {
  await inIssuer(leb.db, issuerId, (tx) =>
    sql`insert into closure
        select copy.* from closure o, generate_series(1, 1200) i,
               jsonb_populate_record(o, jsonb_build_object('closure_id', gen_random_uuid(), 'number', 'COPY-' || i)) copy
         where o.issuer_id = ${issuerId} and o.number = ${unproved}`.execute(tx),
  )
  const { closures, open } = await list()
  expect(open).toBe(closures.length)
  expect(new Set(closures.map(({ number }) => number)).size).toBe(closures.length)
  expect(closures.filter(({ number }) => number.startsWith('COPY-'))).toHaveLength(1200)
})
