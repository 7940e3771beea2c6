import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import type { KeyStore } from '../adapters/keys/port.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { type Declaration, declareClosure } from './declare.ts'
import { askForNewCode } from './prove-identity.ts'
import { readClosure } from './read-closure.ts'
import { undoClosure } from './undo.ts'

const issuerId = 'leb'
let world: TestWorld
beforeAll(async () => void (world = await openTestWorld()))
afterAll(() => world.stop())

const declaration = (card: Seeded, cardIds: Declaration['cardIds']): Declaration => ({
  issuerId,
  accountId: card.accountId,
  cardIds,
  act: 'terminate',
  start: 'at_once',
  locale: 'en',
  zone: 'Asia/Shanghai',
  receivedBy: 'portal',
  identity: 'signed_in',
})

it('closes an account with the card that an import brings while the slip is being sealed', async () => {
  const own = { accountRef: 'RACE', email: 'race@example.com' }
  const card = await seedCard(world, own)
  let late: Promise<Seeded> | undefined
  const sealing: KeyStore['sealing'] = async (id) => {
    await (late ??= seedCard(world, own))
    return world.keys.sealing(id)
  }
  const ctx: Context = { ...world, keys: { ...world.keys, sealing } }
  const { closureId } = await declareClosure(ctx, declaration(card, 'account'))
  const view = (await readClosure(world, { issuerId, closureId }))!
  expect(view.cards.map((one) => one.iccid).toSorted()).toEqual([card.iccid, (await late!).iccid].toSorted())
})

it('gives no new allowance of codes to who undoes and declares again', async () => {
  const card = await seedCard(world)
  const ask = async (times: number) => {
    const { closureId } = await declareClosure(world, declaration(card, [card.cardId]))
    const view = (await readClosure(world, { issuerId, closureId }))!
    for (let time = 0; time < times; time++) await askForNewCode(world, view, 'client')
    await undoClosure(world, { issuerId, closureId })
  }
  await ask(3)
  await ask(2)
  await expect(ask(1)).rejects.toMatchObject({ code: 'holder/too_often' })
})

it('closes an account that has no card left once, however often it is declared at the same moment', async () => {
  const card = await seedCard(world, { accountRef: 'NONE-LEFT', email: 'none-left@example.com' })
  const { accountId } = await seedCard(world, { accountRef: 'OTHER' })
  await inIssuer(world.db, issuerId, (tx) =>
    tx.updateTable('card').set({ account_id: accountId }).where('card_id', '=', card.cardId).execute(),
  )
  const declare = () => declareClosure(world, declaration(card, 'account'))
  const answers = await Promise.allSettled([declare(), declare(), declare()])
  const made = answers.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  expect(made).toHaveLength(1)
  const { number, closureId } = made[0]!
  await expect(declare()).rejects.toMatchObject({ code: 'closure/already_closing', facts: { number } })
  await undoClosure(world, { issuerId, closureId })
  expect((await declare()).number).not.toBe(number)
})
