import { expect, it, onTestFinished } from 'vitest'
import { openOutside } from '../../../test/outside.ts'
import { closeCard } from '../../../test/payouts.ts'
import { seedCard } from '../../../test/seed.ts'
import { inIssuer } from '../../platform/db.ts'

it('puts a name with the books of the year that it is where the law is, to be kept as long as was told', async () => {
  const leb = await openOutside()
  onTestFinished(() => leb.stop())
  const close = async (moment: string, accountRef: string) => {
    leb.clock.set(new Date(moment))
    const whose = { email: `${accountRef}@example.com`, accountRef, residence: 'CN', balance: 0n }
    await closeCard(leb, await seedCard(leb, whose), { cardIds: 'account', zone: 'Asia/Shanghai' })
  }
  await close('2026-12-31T15:30:00Z', 'OLD1')
  // Half past midnight in Shanghai, still the old year in UTC.
  await close('2026-12-31T16:30:00Z', 'NEW1')
  const shelves = await inIssuer(leb.db, 'leb', (tx) =>
    tx
      .selectFrom('retention_key')
      .select(['year', (e) => e.cast<string>('destroy_after', 'text').as('until')])
      .where('jurisdiction', '=', 'CN')
      .orderBy('year')
      .execute(),
  )
  expect(shelves).toEqual([
    { year: 2026, until: '2056-12-31' },
    { year: 2027, until: '2057-12-31' },
  ])
})
