import { simpleParser } from 'mailparser'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { Crash, withFuse } from '../../test/crash/crash-at.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { books, closeCard, setMoney, stateOf } from '../../test/payouts.ts'
import { seedCard, seedCards } from '../../test/seed.ts'
import { findIssuer } from '../issuer/issuer.ts'
import { checkBooks } from '../ledger/check.ts'
import { tellStaff, writeStaffLetter } from '../payment/tell-staff.ts'
import { inIssuer } from '../platform/db.ts'
import { nameBankAccount } from './bank-account.ts'
import { lookAtClosure } from './look.ts'
import { readClosure } from './read-closure.ts'
import { remindHolders } from './remind-of-account.ts'
import { recordBankTransfer } from './unblock.ts'
import { undoClosure } from './undo.ts'
import { watchDeadlines } from './watch-deadlines.ts'

const issuerId = 'roamly'
let leb: Outside
beforeAll(async () => {
  leb = await openOutside({ lazyCurrency: 'eur' })
  await setMoney(leb, issuerId, {})
})
afterAll(() => leb.stop())

let nth = 0
let email: string
beforeEach(() => void (email = `silent-${++nth}@example.com`))

const paidByBank = () =>
  seedCard(leb, { issuerId, currency: 'EUR', residence: 'DE', balance: 1230n, provider: 'bank', email })
const name = (closureId: string) =>
  nameBankAccount(leb, { issuerId, closureId, iban: 'DE89370400440532013000', name: 'Li Lei' })
async function sweep(closureId: string, workers = 1): Promise<void> {
  await Promise.all(Array.from({ length: workers }, () => remindHolders(leb)))
  await leb.look(issuerId, closureId)
}
async function mailed(pattern: RegExp) {
  await leb.sendMails(issuerId)
  const read = leb.world.sims.mail.messages(email).map(async ({ raw }) => {
    const { subject = '', text = '' } = await simpleParser(raw)
    return { subject, text }
  })
  return (await Promise.all(read)).filter(({ subject }) => pattern.test(subject))
}
const reminders = () => mailed(/We still hold|您还有一笔钱/)
const staffLetter = async () => {
  const issuer = (await findIssuer(leb.db, issuerId))!
  const written = await inIssuer(leb.db, issuerId, (tx) => writeStaffLetter(leb, tx, issuer))
  return written?.letter.paragraphs.join('\n') ?? ''
}
const tell = () => inIssuer(leb.db, issuerId, (tx) => tellStaff(leb, tx, issuerId))
const staffMails = async () =>
  (
    await inIssuer(leb.db, issuerId, (tx) =>
      tx.selectFrom('notice').select('notice_id').where('kind', '=', 'payments_support').execute(),
    )
  ).length
async function standing(closureId: string) {
  const view = (await readClosure(leb, { issuerId, closureId }))!
  const isDone = (name: string) => view.steps.find(({ step }) => step === name)!.state === 'done'
  return { number: view.number, line: isDone('cut_line'), esim: isDone('retire_esim'), canUndo: view.canUndo }
}

it('reminds after three days and fourteen, each once; then line and eSIM go, and staff know', async () => {
  const card = await paidByBank()
  const closureId = await closeCard(leb, card)
  leb.clock.advance({ hours: 71 })
  await sweep(closureId)
  expect(await reminders()).toEqual([])
  leb.clock.advance({ hours: 1 })
  await sweep(closureId, 3)
  await sweep(closureId)
  const [first, ...more] = await reminders()
  expect(more).toEqual([])
  const { number } = await standing(closureId)
  expect(first!.text).toContain(`${number}/bank-account`)
  expect(first!.text).toContain('by 6 December')
  expect(first!.text).not.toContain('last reminder')
  leb.clock.advance({ days: 10, hours: 23 })
  await sweep(closureId, 3)
  expect(await standing(closureId)).toMatchObject({ line: false, esim: false, canUndo: true })
  expect(await staffLetter()).not.toContain(number)
  leb.clock.advance({ hours: 1, seconds: 1 })
  await sweep(closureId, 3)
  const [, last, ...none] = await reminders()
  expect(none).toEqual([])
  expect(last!.text).toContain('last reminder')
  expect(await standing(closureId)).toMatchObject({ line: true, esim: true, canUndo: false })
  expect(await stateOf(leb, issuerId, closureId)).toBe('bank_details_needed')
  await expect(undoClosure(leb, { issuerId, closureId })).rejects.toMatchObject({
    code: 'closure/past_return',
  })
  expect(await staffLetter()).toContain(number)
  await tell()
  leb.clock.advance({ hours: 2 })
  await tell()
  expect(await staffMails()).toBe(1)

  // The holder may still name one; then it is sent, and the certificate comes.
  await name(closureId)
  expect(await staffLetter()).not.toContain(number)
  await leb.look(issuerId, closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('transfer_to_send')
  const { iccid } = card
  await recordBankTransfer(leb, { issuerId, closureId, iccid, reference: 'SEPA 1' })
  await leb.look(issuerId, closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
  expect((await books(leb, issuerId, 'EUR'))['refunds_payable']).toBeUndefined()
  expect((await checkBooks(leb)).ok).toBe(true)
})

it('keeps the person of an account until its money is sent, whatever its lines do', async () => {
  const whose = { issuerId, accountRef: 'SILENT', currency: 'EUR', residence: 'DE', email }
  const [silent] = await seedCards(leb, [
    { ...whose, balance: 700n, provider: 'bank' },
    { ...whose, balance: 800n },
  ])
  const closureId = await closeCard(leb, silent!, { cardIds: 'account' })
  leb.clock.advance({ days: 14 })
  await sweep(closureId)
  expect(await standing(closureId)).toMatchObject({ line: true, esim: true })
  expect(await stateOf(leb, issuerId, closureId)).toBe('bank_details_needed')
  await name(closureId)
  const { iccid } = silent!
  await leb.look(issuerId, closureId)
  await recordBankTransfer(leb, { issuerId, closureId, iccid, reference: 'SEPA 2' })
  await leb.look(issuerId, closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
  expect((await checkBooks(leb)).ok).toBe(true)
})

it('says it in the holder’s language', async () => {
  const closureId = await closeCard(leb, await paidByBank(), { locale: 'zh-CN' })
  leb.clock.advance({ days: 3 })
  await sweep(closureId)
  const [first] = await reminders()
  expect(first!.subject).toContain('您还有一笔钱未领取')
  expect(first!.text).toContain('/zh-CN/')
})

it('is said once when a worker dies after any commit, and not to who names an account meanwhile', async () => {
  const closureId = await closeCard(leb, await paidByBank())
  leb.clock.advance({ days: 3 })
  for (let blows = 1; ; blows++) {
    const fuse = { reached: 0, blows, blown: false }
    await remindHolders(withFuse(leb, fuse)).catch((error: unknown) => expect(error).toBeInstanceOf(Crash))
    if (!fuse.blown) break
  }
  expect(await reminders()).toHaveLength(1)
  await name(closureId)
  leb.clock.advance({ days: 11 })
  await sweep(closureId, 2)
  expect(await reminders()).toHaveLength(1)
  expect(await standing(closureId)).toMatchObject({ line: false })
})

it('retires the line once, wherever the worker dies after the last reminder', async () => {
  const card = await paidByBank()
  const closureId = await closeCard(leb, card)
  leb.clock.advance({ days: 14 })
  await remindHolders(leb)
  let deaths = 0
  for (let blows = 1; ; blows++) {
    const fuse = { reached: 0, blows, blown: false }
    const mortal = withFuse(leb, fuse)
    await lookAtClosure(mortal, leb.leases, { issuerId, id: closureId }).catch((error: unknown) =>
      expect(error).toBeInstanceOf(Crash),
    )
    if (!fuse.blown) break
    deaths++
  }
  expect(deaths).toBeGreaterThan(2)
  await Promise.all([leb.look(issuerId, closureId), leb.look(issuerId, closureId)])
  expect(await standing(closureId)).toMatchObject({ line: true, esim: true, canUndo: false })
  expect(leb.world.sims.line.effects(card.iccid, 'terminated')).toBe(1)
  expect(await stateOf(leb, issuerId, closureId)).toBe('bank_details_needed')
  expect((await checkBooks(leb)).ok).toBe(true)
})

it('tells who is waited for what to do when it is late, and others that they need do nothing', async () => {
  const closureId = await closeCard(leb, await paidByBank())
  leb.clock.advance({ days: 20 })
  await watchDeadlines(leb)
  const [late] = await mailed(/We still need your bank account/)
  expect(late!.text).toContain('/bank-account')
  expect(late!.text).not.toContain('need do nothing')
  expect(await mailed(/We are late/)).toEqual([])

  email = `named-${email}`
  const named = await closeCard(leb, await paidByBank())
  await name(named)
  await leb.look(issuerId, named)
  leb.clock.advance({ days: 20 })
  await watchDeadlines(leb)
  const [ours] = await mailed(/We are late/)
  expect(ours!.text).toContain('need do nothing')
  expect(await mailed(/We still need your bank account/)).toEqual([])
  expect(await stateOf(leb, issuerId, closureId)).toBe('bank_details_needed')
})
