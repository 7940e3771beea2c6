import { afterAll, expect, it } from 'vitest'
import { checkBooks } from '../../src/ledger/check.ts'
import { iban, openBankRefunds } from '../../src/order/bank-refund.fixture.ts'
import { lookAtOrder } from '../../src/order/look-at-order.ts'
import { moneyThatWaits, nameOrderAccount } from '../../src/order/name-account.ts'
import type { Placed } from '../../src/order/place-order.ts'
import { openPayoutFile } from '../../src/payout/file-envelope.ts'
import { readPayoutState } from '../../src/payout/payout-file.ts'
import { transferSettled } from '../../src/payout/transfers.ts'
import { inIssuer } from '../../src/platform/db.ts'
import { openLeases } from '../../src/platform/leases.ts'
import { books } from '../payouts.ts'
import { Crash, type Fuse, withFuse } from './crash-at.ts'

const stage = await openBankRefunds()
const { leb, issuerId, view } = stage
afterAll(stage.close)

type Mortal = ReturnType<typeof withFuse>

/** What is to be done next for this order, whoever's turn it is: buyer, issuer, bank, worker. False at its end. */
async function goOn(ctx: Mortal, placed: Placed): Promise<boolean> {
  const order = await view(placed)
  const { state, transfer } = order
  const { orderId } = placed
  if (state === 'refunded') return false
  if (transfer?.state === 'waiting' && transfer.account === 'wanted')
    await nameOrderAccount(ctx, { issuerId, orderId, waiting: moneyThatWaits(order), iban, name: 'Li Lei' })
  else if (transfer?.state === 'waiting') await stage.file(ctx)
  else if (transfer?.state === 'sent') {
    const booked = await stage.booked(placed)
    await inIssuer(ctx.db, issuerId, (tx) => transferSettled(ctx, tx, booked))
  } else {
    const leases = openLeases(leb.databaseUrl)
    try {
      await lookAtOrder(ctx, leases, { issuerId, id: orderId })
    } finally {
      await leases.close()
    }
  }
  return true
}

/** One process's life, dead at event `blows`. */
async function live(placed: Placed, blows: number | undefined): Promise<Fuse> {
  const fuse: Fuse = { reached: 0, blows, blown: false }
  const mortal = withFuse(leb, fuse)
  try {
    while (await goOn(mortal, placed));
  } catch (error) {
    if (!(error instanceof Crash)) throw error
  }
  return fuse
}

it('transfers an order’s money once when a process dies after any commit', async () => {
  const all: Placed[] = []
  const before = await books(leb, issuerId, 'EUR')
  for (let k = 1; ; k++) {
    const placed = await stage.undelivered()
    all.push(placed)
    const fuse = await live(placed, k)
    await live(placed, undefined)
    expect((await view(placed)).state).toBe('refunded')
    if (!fuse.blown) break
  }
  const deaths = all.length - 1
  expect(deaths).toBeGreaterThanOrEqual(5)
  const ids = all.map(({ orderId }) => orderId)
  const rows = await stage.own(async (tx) => ({
    parts: await tx
      .selectFrom('payout_part')
      .select(['order_id', 'state', 'file_id'])
      .where('order_id', 'in', ids)
      .execute(),
    mails: await tx.selectFrom('notice').select(['order_id', 'kind']).where('order_id', 'in', ids).execute(),
  }))
  expect(rows.parts).toHaveLength(all.length)
  expect(new Set(rows.parts.map(({ file_id: id }) => id)).size).toBe(all.length)
  for (const kind of ['order_wants_account', 'order_account_noted', 'order_refunded'])
    expect(rows.mails.filter((mail) => mail.kind === kind)).toHaveLength(all.length)
  expect(await books(leb, issuerId, 'EUR')).toEqual(before)
  expect(await stage.accountsKept()).toBe(0)
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})

it('has the file again whose maker died before it was written', async () => {
  const placed = await stage.undelivered()
  const waiting = moneyThatWaits(await view(placed))
  const named = { issuerId, orderId: placed.orderId, waiting, iban, name: 'Li Lei' }
  await nameOrderAccount(leb, named)
  const fuse: Fuse = { reached: 0, blows: 1, blown: false }
  const dying = stage.file(withFuse(leb, fuse))
  await expect(dying).rejects.toBeInstanceOf(Crash)
  expect(await stage.file()).toBeNull()
  const { files } = await stage.own((tx) => readPayoutState(tx, issuerId))
  const open = files.filter((file) => file.open > 0)
  expect(open).toHaveLength(1)
  const bytes = await stage.own((tx) => openPayoutFile(leb, tx, { issuerId, fileId: open[0]!.fileId }))
  expect(bytes?.toString()).toContain(iban)
})
