import { sql } from 'kysely'
import { afterEach, expect, it } from 'vitest'
import type { TestWorld } from '../../test/harness.ts'
import { beginInIssuer, inIssuer } from '../platform/db.ts'
import { openExpiryWorld, readState, seedExpiring } from './expiry.fixture.ts'
import { lapseSome } from './lapse-due.ts'

let world: TestWorld
afterEach(() => world.stop())

const issuerId = 'leb'

it('is told by the rule of where the holder lives now, also when the card was made while the account moved', async () => {
  world = await openExpiryWorld({ kind: 'lapse' })
  const [card] = await seedExpiring(world, [{ endsInHours: -1, told: 3, residence: 'CH' }])
  const cardId = world.ids.next()
  const making = await beginInIssuer(world.db, issuerId)
  const { tx } = making
  await sql`insert into card (issuer_id, card_id, account_id, iccid, plan, zone, sold_at, expires_at, profile_state,
      line_state, data_left_mb, voice_left_s, sms_left, currency, paid_minor, payment_provider, payment_ref, invoice_no)
    select issuer_id, ${cardId}, account_id, '8999901000000000018', plan, zone, sold_at, expires_at, profile_state,
      line_state, 0, 0, 0, currency, paid_minor, payment_provider, payment_ref, 'I-2'
      from card where card_id = ${card!.cardId}`.execute(tx)
  await sql`select ledger_post_openings(${issuerId}, array[${cardId}]::uuid[], array['CNY'], array[100], array['new'],
    array['\\x00'::bytea], array[gen_random_uuid()], array[gen_random_uuid()], now())`.execute(tx)
  await sql`update card_end set told = 3 where card_id = ${cardId}`.execute(tx)
  const moving = inIssuer(world.db, issuerId, (other) =>
    sql`update account set jurisdiction = 'CN' where account_id = ${card!.accountId}`.execute(other),
  )
  await Promise.race([moving, new Promise((later) => setTimeout(later, 300))])
  await making.commit()
  await moving
  const issuer = world.issuers.find((one) => one.issuerId === issuerId)!
  await lapseSome(world, issuer, world.clock.now())
  for (const one of [card!, { ...card!, cardId }])
    expect(await readState(world, one)).toMatchObject({ outcome: 'kept' })
})

it('is asked of the account that has the card, when it was given away while its old account moved', async () => {
  world = await openExpiryWorld({ kind: 'lapse' })
  const [card, there] = await seedExpiring(world, [
    { endsInHours: -1, told: 3, residence: 'CN' },
    { endsInHours: 100, residence: 'CN' },
  ])
  const giving = await beginInIssuer(world.db, issuerId)
  await sql`update card set account_id = ${there!.accountId} where card_id = ${card!.cardId}`.execute(
    giving.tx,
  )
  const moving = inIssuer(world.db, issuerId, (tx) =>
    sql`update account set jurisdiction = 'CH' where account_id = ${card!.accountId}`.execute(tx),
  )
  await Promise.race([moving, new Promise((later) => setTimeout(later, 300))])
  await giving.commit()
  await moving
  const issuer = world.issuers.find((one) => one.issuerId === issuerId)!
  await lapseSome(world, issuer, world.clock.now())
  expect(await readState(world, card!)).toMatchObject({ outcome: 'kept', balance: 8640n })
})
