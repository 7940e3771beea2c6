import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { seedCards, type SeedCard } from '../../test/seed.ts'
import { inIssuer } from '../platform/db.ts'
import { portalWords, whomToBe } from './whom-to-be.ts'

let leb: TestWorld
beforeAll(async () => void (leb = await openTestWorld()))
afterAll(() => leb.stop())

const demo: SeedCard = { accountRef: 'DEMO-0001', email: 'demo@leb.example' }
const other: SeedCard = { accountRef: 'S0000001', email: 'other@leb.example' }

const closing = (cardIds: string[]) =>
  inIssuer(leb.db, 'leb', (tx) =>
    tx.updateTable('card').set({ state: 'closing' }).where('card_id', 'in', cardIds).execute(),
  )

it('is the demo’s own holder while a card of theirs works, then another, then nobody', async () => {
  const cards = await seedCards(leb, [
    other,
    other,
    demo,
    demo,
    { ...other, accountRef: 'S2', balance: 0n, email: 'poor@leb.example' },
  ])
  const [first, second, third, fourth] = cards.map(({ cardId }) => cardId)
  expect(await whomToBe(leb, 'leb')).toBe('demo@leb.example')
  await closing([third!])
  expect(await whomToBe(leb, 'leb')).toBe('demo@leb.example')
  await closing([fourth!])
  expect(await whomToBe(leb, 'leb')).toBe('other@leb.example')
  await closing([first!, second!])
  expect(await whomToBe(leb, 'leb')).toBeUndefined()
  expect(await portalWords(leb, 'http://x')).toEqual([
    '  portal       http://x   no card of the sample fleet is open any more',
  ])
  const [ended] = await seedCards(leb, [{ ...other, accountRef: 'S3', email: 'ended@leb.example' }])
  await inIssuer(leb.db, 'leb', (tx) =>
    tx
      .updateTable('card')
      .set({ line_state: 'expired', expires_at: new Date('2026-11-20T00:00:00Z') })
      .where('card_id', '=', ended!.cardId)
      .execute(),
  )
  expect(await whomToBe(leb, 'leb')).toBe('ended@leb.example')
  await seedCards(leb, [{ ...other, accountRef: 'S4', email: 'works@leb.example' }])
  expect(await whomToBe(leb, 'leb')).toBe('works@leb.example')
  await closing(
    (
      await inIssuer(leb.db, 'leb', (tx) =>
        tx.selectFrom('card').select('card_id').where('issuer_id', '=', 'leb').execute(),
      )
    ).map((card) => card.card_id),
  )
  await seedCards(leb, [{ ...other, issuerId: 'roamly', currency: 'EUR' }])
  expect(await portalWords(leb, 'http://x')).toEqual([
    '  portal       http://x/roamly/en/   sign in as other@leb.example',
  ])
})
