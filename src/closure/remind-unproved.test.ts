import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { openOutside, type Outside } from '../../test/outside.ts'
import { seedCard } from '../../test/seed.ts'
import { inIssuer } from '../platform/db.ts'
import { declareClosure, type Declaration } from './declare.ts'
import { proveIdentity, sendIdentifyCode } from './prove-identity.ts'
import { readClosure } from './read-closure.ts'
import { remindUnproved } from './remind-unproved.ts'
import { undoClosure } from './undo.ts'
import { watchDeadlines } from './watch-deadlines.ts'

let leb: Outside
beforeAll(async () => void (leb = await openOutside()))
afterAll(() => leb.stop())

let nth = 0
let email: string
let which: { issuerId: string; closureId: string }
async function declare(identity: Declaration['identity'] = 'signed_in', address: string | null = email) {
  const card = await seedCard(leb, { email: address })
  const { closureId } = await declareClosure(leb, {
    issuerId: 'leb',
    accountId: card.accountId,
    cardIds: [card.cardId],
    act: 'terminate',
    start: 'at_once',
    locale: 'en',
    zone: 'Asia/Tokyo',
    receivedBy: 'portal',
    identity,
  })
  return { issuerId: 'leb', closureId }
}
beforeEach(async () => {
  email = `forgot-${++nth}@example.com`
  which = await declare()
})

const view = async () => (await readClosure(leb, which))!
async function sweep(workers = 1): Promise<void> {
  await Promise.all(
    Array.from({ length: workers }, () => watchDeadlines(leb).then(() => remindUnproved(leb))),
  )
}
const mailsTo = (address: string) =>
  leb.world.sims.mail
    .messages(address)
    .map(({ raw }) => /^Subject: (.*(?:\r?\n[ \t].*)*)/m.exec(raw)![1]!.replaceAll(/\r?\n[ \t]/g, ' '))
async function notices(): Promise<Record<string, number>> {
  const rows = await inIssuer(leb.db, 'leb', (tx) =>
    tx
      .selectFrom('notice')
      .select(['kind', (e) => e.fn.countAll<string>().as('count')])
      .where('issuer_id', '=', 'leb')
      .where('closure_id', '=', which.closureId)
      .where('kind', 'not in', ['slip', 'identify_code'])
      .groupBy('kind')
      .execute(),
  )
  return Object.fromEntries(rows.map(({ kind, count }) => [kind, Number(count)]))
}

it('reminds after a day, tells support at the deadline, each once, and the declaration still counts', async () => {
  leb.clock.advance({ hours: 23 })
  await sweep()
  expect(await notices()).toEqual({})
  leb.clock.advance({ hours: 1 })
  await sweep(3)
  await sweep()
  expect(await notices()).toEqual({ code_wanted: 1 })
  expect((await view()).late).toBe(false)
  leb.clock.set(new Date((await view()).dueAt.getTime() + 1_000))
  await sweep(3)
  leb.clock.advance({ days: 40 })
  await sweep()
  expect(await notices()).toEqual({ code_wanted: 2, code_wanted_support: 1 })
  expect(await view()).toMatchObject({ state: 'declared', late: true })

  await leb.sendMails('leb')
  const { number } = await view()
  expect(mailsTo(email).filter((subject) => subject.includes('still missing'))).toHaveLength(2)
  const desk = leb.issuers.find(({ issuerId }) => issuerId === 'leb')!.brand.supportEmail
  const told = mailsTo(desk).filter((subject) => subject.includes(number))
  expect(told).toEqual([`Overdue closure ${number}: its holder has not entered the code`])

  await sendIdentifyCode(leb, which)
  await proveIdentity(leb, { ...which, code: await leb.codeOf('leb', which.closureId) })
  await leb.look('leb', which.closureId)
  expect((await view()).state).toBe('closed')
})

it('says at the deadline alone what nobody was there to say a day after the declaration', async () => {
  leb.clock.advance({ days: 10 })
  await sweep()
  await sweep()
  expect(await notices()).toEqual({ code_wanted: 1, code_wanted_support: 1 })
})

it('reminds nobody who has proved or undone it, also not by a mail that waits already', async () => {
  leb.clock.advance({ hours: 25 })
  await sweep()
  await undoClosure(leb, which)
  await leb.sendMails('leb')
  expect(mailsTo(email).filter((subject) => subject.includes('still missing'))).toEqual([])
  leb.clock.advance({ days: 10 })
  await sweep()
  expect(await notices()).toEqual({ code_wanted: 1, undone: 1 })

  which = await declare('signed_in')
  await proveIdentity(leb, { ...which, code: await leb.codeOf('leb', which.closureId) })
  leb.clock.advance({ hours: 25 })
  await sweep()
  expect(await notices()).toEqual({})
})

it('tells support of a holder who has no address', async () => {
  which = await declare('signed_in', null)
  leb.clock.advance({ days: 10 })
  await sweep()
  await leb.sendMails('leb')
  const rows = await inIssuer(leb.db, 'leb', (tx) =>
    tx
      .selectFrom('notice')
      .select(['kind', 'state'])
      .where('closure_id', '=', which.closureId)
      .where('kind', 'in', ['code_wanted', 'code_wanted_support'])
      .orderBy('kind')
      .execute(),
  )
  expect(rows).toEqual([
    { kind: 'code_wanted', state: 'dropped' },
    { kind: 'code_wanted_support', state: 'sent' },
  ])
})

it('leaves what a stranger declared to lapse, and calls it late for nobody', async () => {
  which = await declare('not_signed_in')
  leb.clock.advance({ days: 10 })
  await sweep()
  expect(await notices()).toEqual({})
  expect((await view()).late).toBe(false)
})
