import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { declareClosure, type Declaration, type Receipt } from '../../src/closure/declare.ts'
import { proveIdentity } from '../../src/closure/prove-identity.ts'
import { readClosure } from '../../src/closure/read-closure.ts'
import { recordBankTransfer } from '../../src/closure/unblock.ts'
import { undoClosure } from '../../src/closure/undo.ts'
import { putIssuer } from '../../src/issuer/issuer.ts'
import { inIssuer } from '../../src/platform/db.ts'
import { type Outside, openOutside } from '../outside.ts'
import { type SeedCard, seedCard, type Seeded } from '../seed.ts'

let leb: Outside
beforeAll(async () => void (leb = await openOutside()))
afterAll(() => leb.stop())
beforeEach(() => drainFor(0))

async function drainFor(seconds: number): Promise<void> {
  const issuer = leb.issuers.find((one) => one.issuerId === 'leb')!
  await putIssuer(leb.db, { ...issuer, rules: { ...issuer.rules, drain_seconds: seconds } }, leb.clock.now())
}

const undo = ({ closureId }: Receipt) => undoClosure(leb, { issuerId: 'leb', closureId })
const look = ({ closureId }: Receipt) => leb.look('leb', closureId)
const view = async ({ closureId }: Receipt) => (await readClosure(leb, { issuerId: 'leb', closureId }))!

async function declare(card: Seeded, change: Partial<Declaration> = {}): Promise<Receipt> {
  return declareClosure(leb, {
    issuerId: 'leb',
    accountId: card.accountId,
    cardIds: [card.cardId],
    act: 'terminate',
    start: 'at_once',
    locale: 'zh-CN',
    zone: 'Asia/Shanghai',
    receivedBy: 'portal',
    identity: 'signed_in',
    ...change,
  })
}

async function prove(receipt: Receipt): Promise<void> {
  const code = await leb.codeOf('leb', receipt.closureId)
  await proveIdentity(leb, { issuerId: 'leb', closureId: receipt.closureId, code })
}

/** The card is as it was: money, state, line; nothing was paid; and it can be closed anew, to the end. */
async function expectAsBefore(card: Seeded, receipt: Receipt, wasSuspended: boolean): Promise<void> {
  await look(receipt)
  const lineAfterUndo = wasSuspended ? 'on' : 'never_off'
  expect(await view(receipt)).toMatchObject({ state: 'undone', canUndo: false, lineAfterUndo })
  await inIssuer(leb.db, 'leb', async (tx) => {
    const row = await tx
      .selectFrom('card as c')
      .innerJoin('ledger_account as a', 'a.card_id', 'c.card_id')
      .select(['c.state', 'c.line_state', 'a.balance', 'a.frozen_at', 'a.closed_at'])
      .where('c.card_id', '=', card.cardId)
      .executeTakeFirstOrThrow()
    expect(row).toEqual({
      state: 'open',
      line_state: 'active',
      balance: 8640n,
      frozen_at: null,
      closed_at: null,
    })
  })
  const { line, payment } = leb.world.sims
  expect(line.effects(card.iccid, 'suspended')).toBe(wasSuspended ? 1 : 0)
  expect(line.effects(card.iccid, 'active')).toBe(wasSuspended ? 1 : 0)
  expect(payment.refunds(card.paymentRef)).toEqual([])
  await expect(undo(receipt)).rejects.toMatchObject({ code: 'closure/already_undone' })

  await drainFor(0)
  const again = await declare(card, { identity: 'issuer_decision', receivedBy: 'cli' })
  await look(again)
  if ((await view(again)).state === 'closed') return
  const { closureId } = again
  await recordBankTransfer(leb, { issuerId: 'leb', closureId, iccid: card.iccid, reference: 'ICBC-9' })
  await look(again)
  expect((await view(again)).state).toBe('closed')
}

it('is possible before anybody has proved who they are', async () => {
  const card = await seedCard(leb)
  const receipt = await declare(card)
  await look(receipt)
  await undo(receipt)
  await expect(prove(receipt)).rejects.toMatchObject({ code: 'closure/already_undone' })
  await expectAsBefore(card, receipt, false)
})

it('is possible during the undo window', async () => {
  const card = await seedCard(leb)
  const receipt = await declare(card, { start: 'after_undo_window' })
  await prove(receipt)
  await look(receipt)
  expect((await view(receipt)).canUndo).toBe(true)
  await undo(receipt)
  await expectAsBefore(card, receipt, false)
})

it('is possible after the freeze, and switches the line on again', async () => {
  await drainFor(3600)
  const card = await seedCard(leb)
  const receipt = await declare(card, { identity: 'issuer_decision', receivedBy: 'cli' })
  await look(receipt)
  expect(leb.world.sims.line.effects(card.iccid, 'suspended')).toBe(1)
  expect((await view(receipt)).lineAfterUndo).toBeNull()
  await undo(receipt)
  expect((await view(receipt)).lineAfterUndo).toBe('switching_on')
  await expectAsBefore(card, receipt, true)
})

it('is possible after settlement while staff owe a bank transfer, and gives every cent back', async () => {
  const paid: SeedCard = { provider: 'bank', paymentRef: 'BANK-1' }
  const card = await seedCard(leb, paid)
  const receipt = await declare(card, { identity: 'issuer_decision', receivedBy: 'cli' })
  await look(receipt)
  const settled = await view(receipt)
  expect(settled.steps.find((step) => step.block)?.block?.reason).toBe('bank_details_needed')
  await undo(receipt)
  await expectAsBefore(card, receipt, true)
})

it('is refused after the point of no return', async () => {
  const sent = await seedCard(leb)
  const underWay = await declare(sent, { identity: 'issuer_decision', receivedBy: 'cli' })
  leb.world.sims.payment.failures.set({ mode: 'down' })
  await look(underWay)
  expect(await view(underWay)).toMatchObject({ state: 'closing', canUndo: false })
  await expect(undo(underWay)).rejects.toMatchObject({ code: 'closure/past_return' })
  leb.world.sims.payment.failures.set(undefined)
  leb.clock.advance({ seconds: 5 })
  await look(underWay)
  expect((await view(underWay)).state).toBe('closed')
  await expect(undo(underWay)).rejects.toMatchObject({ code: 'closure/past_return' })

  const byBank = await seedCard(leb, { provider: 'bank', paymentRef: 'BANK-2' })
  const receipt = await declare(byBank, { identity: 'issuer_decision', receivedBy: 'cli' })
  await look(receipt)
  await recordBankTransfer(leb, {
    issuerId: 'leb',
    closureId: receipt.closureId,
    iccid: byBank.iccid,
    reference: 'ICBC-3',
  })
  await expect(undo(receipt)).rejects.toMatchObject({ code: 'closure/past_return' })
})

it('waits with a new closing while the line comes back, but not for ever when the network refuses that', async () => {
  const card = await seedCard(leb, { provider: 'bank', paymentRef: 'BANK-3' })
  const first = await declare(card)
  await prove(first)
  await look(first)
  await undo(first)

  const second = await declare(card)
  await prove(second)
  await look(second)
  const frozen = async () => (await view(second)).steps.find((step) => step.step === 'freeze')!.state
  expect(await frozen()).toBe('current')

  const fail = (order: object) =>
    fetch(`${leb.world.line.url}/sim/fail`, { method: 'POST', body: JSON.stringify(order) })
  await fail({ mode: 'refuse' })
  await look(first)
  await fail({})
  await look(second)
  expect(await frozen()).toBe('done')
})
