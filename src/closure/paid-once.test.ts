import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Outside, openOutside } from '../../test/outside.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { inIssuer } from '../platform/db.ts'
import { type Case, takeUp } from './case.ts'
import { close } from './close.ts'
import { declareClosure } from './declare.ts'
import { proveIdentity } from './prove-identity.ts'
import { Superseded } from './step.ts'
import { noReturn } from './steps/no-return.ts'
import { tellStory } from './story.ts'
import { Turn } from './turn.ts'
import { recordBankTransfer } from './unblock.ts'
import { undoClosure } from './undo.ts'

const issuerId = 'leb'
let leb: Outside
beforeAll(async () => void (leb = await openOutside()))
afterAll(() => leb.stop())

async function declared(card: Seeded): Promise<string> {
  const { closureId } = await declareClosure(leb, {
    issuerId,
    accountId: card.accountId,
    cardIds: [card.cardId],
    act: 'terminate',
    start: 'at_once',
    locale: 'en',
    zone: 'Asia/Shanghai',
    receivedBy: 'portal',
    identity: 'signed_in',
  })
  await proveIdentity(leb, { issuerId, closureId, code: await leb.codeOf(issuerId, closureId) })
  return closureId
}

async function takenUp(closureId: string): Promise<Case> {
  return (await inIssuer(leb.db, issuerId, (tx) => takeUp(leb, tx, issuerId, closureId)))!
}

it('writes the point of no return again when the transaction that noted it was rolled back', async () => {
  const closureId = await declared(await seedCard(leb))
  const told = await takenUp(closureId)
  const lost = inIssuer(leb.db, issuerId, async (tx) => {
    await noReturn(leb, tx, told)
    throw new Error('the connection is gone')
  })
  await expect(lost).rejects.toThrow('gone')
  // Another card of the same closure, told at the same time from the same memory.
  await inIssuer(leb.db, issuerId, (tx) => noReturn(leb, tx, told))
  await expect(undoClosure(leb, { issuerId, closureId })).rejects.toMatchObject({
    code: 'closure/past_return',
  })
})

it('asks for no refund once staff have paid by bank, also from a worker that had the closure in hand', async () => {
  const card = await seedCard(leb, { balance: 5000n, paid: 6000n, paymentRef: 'pi_1_usd_1' })
  const closureId = await declared(card)
  await leb.look(issuerId, closureId)
  const told = await takenUp(closureId)
  const reference = 'BANK-1'
  await recordBankTransfer(leb, { issuerId, closureId, iccid: card.iccid, reference })
  await expect(close(tellStory(leb, told, new Turn(leb, told, 'before_calls')))).rejects.toThrow(Superseded)
  await leb.look(issuerId, closureId)
  const payouts = await inIssuer(leb.db, issuerId, (tx) =>
    tx
      .selectFrom('closure_step')
      .select(['attempt', 'state', 'answer'])
      .where('issuer_id', '=', issuerId)
      .where('closure_id', '=', closureId)
      .where('step', '=', 'pay_out')
      .orderBy('state', 'desc')
      .execute(),
  )
  expect(payouts).toMatchObject([
    { state: 'refused', answer: { code: 'currency_differs' } },
    { state: 'done', answer: { route: 'bank_transfer', reference } },
  ])
})
