import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { declareClosure } from '../../src/closure/declare.ts'
import { proveIdentity } from '../../src/closure/prove-identity.ts'
import { checkBooks } from '../../src/ledger/check.ts'
import { decimal } from '../../src/ledger/money.ts'
import { inIssuer } from '../../src/platform/db.ts'
import { projectFile } from '../../src/platform/project.ts'
import { takeUsage } from '../../src/usage/take-usage.ts'
import { openShop, type Shop } from '../orders.ts'
import { type Outside, openOutside } from '../outside.ts'

// The example of docs/guide/money.md, played: what the guide says of each cent is what the books say.
const issuerId = 'roamly'
let leb: Outside
let shop: Shop
beforeAll(async () => {
  leb = await openOutside()
  shop = await openShop(leb)
})
afterAll(() => leb.stop())

it('moves each cent as the guide follows it', async () => {
  const bought = await shop.buy({
    issuerId,
    live: 'DE',
    locale: 'en',
    wanted: { kind: 'card', code: 'LEB3', zone: 'JP', currency: 'EUR' },
  })
  const { cardId, accountId, holderId } = await cardOf(bought.orderId)
  leb.clock.advance({ hours: 1 })
  const buyer = { kind: 'signed_in' as const, holderIds: [holderId], accountId }
  await shop.buy({
    issuerId,
    live: 'DE',
    locale: 'en',
    buyer,
    wanted: { kind: 'top_up', cardId, amount: '20.00' },
  })

  leb.clock.advance({ hours: 6 })
  // All of the plan's data and 40 MB more.
  const used = await takeUsage(leb, issuerId, [
    {
      recordId: 'guide-1',
      cardId,
      kind: 'data',
      quantity: 3_112,
      zone: 'JP',
      usedAt: leb.clock.now().getTime(),
    },
  ])
  expect(used).toMatchObject([{ recordId: 'guide-1', outcome: 'charged' }])

  const { closureId } = await declareClosure(leb, {
    issuerId,
    accountId,
    cardIds: [cardId],
    act: 'terminate',
    start: 'at_once',
    locale: 'en',
    zone: 'Europe/Berlin',
    receivedBy: 'portal',
    identity: 'signed_in',
  })
  await proveIdentity(leb, { issuerId, closureId, code: await leb.codeOf(issuerId, closureId) })
  await leb.look(issuerId, closureId)

  expect(guideSays()).toEqual(await booksSay())
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})

async function cardOf(orderId: string) {
  return inIssuer(leb.db, issuerId, async (tx) => {
    const row = await tx
      .selectFrom('purchase_order as o')
      .innerJoin('account as a', (j) =>
        j.onRef('a.issuer_id', '=', 'o.issuer_id').onRef('a.account_id', '=', 'o.account_id'),
      )
      .select(['o.card_id', 'a.account_id', 'a.holder_id'])
      .where('o.issuer_id', '=', issuerId)
      .where('o.order_id', '=', orderId)
      .executeTakeFirstOrThrow()
    return { cardId: row.card_id!, accountId: row.account_id, holderId: row.holder_id }
  })
}

/** Every entry in the order of the journal: why, which account, how much. */
async function booksSay(): Promise<string[][]> {
  const rows = await inIssuer(leb.db, issuerId, (tx) =>
    tx
      .selectFrom('ledger_entry as e')
      .innerJoin('ledger_posting as p', (j) =>
        j.onRef('p.issuer_id', '=', 'e.issuer_id').onRef('p.posting_id', '=', 'e.posting_id'),
      )
      .innerJoin('ledger_account as a', (j) =>
        j.onRef('a.issuer_id', '=', 'e.issuer_id').onRef('a.account_id', '=', 'e.account_id'),
      )
      .select(['p.reason', 'a.kind', 'e.amount', 'a.currency'])
      .where('e.issuer_id', '=', issuerId)
      .orderBy('e.seq')
      .execute(),
  )
  return rows.map(({ reason, kind, amount, currency }) => [reason, kind, decimal({ amount, currency })])
}

/** The guide's table of entries, as the books would say it. */
function guideSays(): string[][] {
  const text = readFileSync(projectFile('docs', 'guide', 'money.md'), 'utf8')
  return [...text.matchAll(/^\| `(\w+)` +\| `(\w+)` +\| +(-?[\d.]+) +\|/gm)].map((row) => row.slice(1, 4))
}
