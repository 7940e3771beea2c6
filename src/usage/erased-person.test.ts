import { afterAll, beforeAll, expect, it } from 'vitest'
import { closeEmptyBalance, freezeBalance } from '../ledger/accounts.ts'
import { erasePersonRows } from '../privacy/erase-person.ts'
import { openUsageStage, type UsageStage } from './usage-stage.fixture.ts'

let stage: UsageStage
beforeAll(async () => void (stage = await openUsageStage()))
afterAll(() => stage.leb.stop())

it('says nothing anew of where an erased person was, while the certificate of their closing is still to be sealed', async () => {
  const { leb } = stage
  const card = await stage.emptyCard({ balance: 0n })
  const before = stage.record(card)
  await stage.take(before)
  await stage.inLeb(async (tx) => {
    await freezeBalance(leb, tx, card)
    await tx.updateTable('card').set({ state: 'frozen' }).where('card_id', '=', card.cardId).execute()
    await closeEmptyBalance(leb, tx, card)
    await erasePersonRows(leb, tx, card)
  })
  const after = stage.record(card)
  expect(await stage.take(after)).toMatchObject([{ outcome: 'late' }])
  expect(await stage.take(after, before)).toMatchObject([{ outcome: 'duplicate' }, { outcome: 'duplicate' }])
  const rows = await stage.inLeb((tx) =>
    tx
      .selectFrom('usage_record')
      .select(['zone', 'country', 'content_hash'])
      .where('card_id', '=', card.cardId)
      .execute(),
  )
  const nothing = { zone: 'JP', country: null, content_hash: Buffer.alloc(0) }
  expect(rows).toEqual([nothing, nothing])
})
