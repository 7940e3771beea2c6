import { createHash } from 'node:crypto'
import { declareClosure } from '../../src/closure/declare.ts'
import { postUsage } from '../../src/ledger/post-usage.ts'
import { pdf_lines } from '../../src/ledger/statement-pdf.ts'
import { lookAtPayment } from '../../src/payment/look-at-payment.ts'
import { inIssuer } from '../../src/platform/db.ts'
import type { Shop } from '../orders.ts'
import type { Outside } from '../outside.ts'
import { seedCard, type Seeded } from '../seed.ts'

/** A card whose price its payer's bank has taken back while its plan is still worth something. Answers its id. */
export async function takenBackCard(leb: Outside, shop: Shop, email: string): Promise<string> {
  const issuerId = 'roamly'
  const placed = await shop.buy({
    issuerId,
    live: 'DE',
    wanted: { kind: 'card', code: 'LEB5', zone: 'EU', currency: 'EUR' },
    buyer: { kind: 'guest', email, name: '', live: 'DE' },
  })
  const { card_id, provider_ref } = await inIssuer(leb.db, issuerId, (tx) =>
    tx
      .selectFrom('purchase_order as o')
      .innerJoin('card as c', (j) =>
        j.onRef('c.issuer_id', '=', 'o.issuer_id').onRef('c.card_id', '=', 'o.card_id'),
      )
      .innerJoin('payment as p', (j) =>
        j.onRef('p.issuer_id', '=', 'o.issuer_id').onRef('p.order_id', '=', 'o.order_id'),
      )
      .select(['c.card_id', 'p.provider_ref'])
      .where('o.issuer_id', '=', issuerId)
      .where('o.order_id', '=', placed.orderId)
      .executeTakeFirstOrThrow(),
  )
  const { id } = leb.world.sims.payment.disputes.open(provider_ref, {})!
  await lookAtPayment(leb, { issuerId, id })
  return card_id
}

/** A card with more movements than its printed statement has lines: it is summed by day. Moves the clock by ten days. */
export async function muchUsedCard(leb: Outside, email: string): Promise<Seeded> {
  const card = await seedCard(leb, { email, balance: 123_456n, expiresAt: inTwoMonths(leb) })
  const hash = createHash('sha256').digest()
  const { cardId } = card
  for (let day = 0; day < 10; day++) {
    const lines = Array.from({ length: pdf_lines / 10 + day * 3 }, (_, at) => {
      const gross = BigInt(3 + ((at * 7) % 90))
      return { hash, cardId, gross, net: gross, tax: 0n, late: false, recordKey: leb.ids.next() }
    })
    await inIssuer(leb.db, 'leb', (tx) => postUsage(leb, tx, 'leb', lines))
    leb.clock.advance({ days: 1 })
  }
  return card
}

/** More orders than one page of the list has. Answers their numbers, the oldest first. */
export async function orderOften(leb: Outside, shop: Shop, { cardId, holderId }: Seeded): Promise<string[]> {
  const numbers: string[] = []
  for (let n = 0; n < 21; n++) {
    const placed = await shop.place({
      wanted: { kind: 'top_up', cardId, amount: `${20 + n}.00` },
      buyer: { kind: 'signed_in', holderIds: [holderId] },
      client: `192.0.2.${n}`,
    })
    numbers.push(placed.number)
    leb.clock.advance({ seconds: 60 })
  }
  return numbers
}

export const inTwoMonths = (leb: Outside) => new Date(leb.clock.now().getTime() + 60 * 86_400_000)

/** A card whose holder lives where the law lets her withdraw from its contract. */
export async function boughtToday(leb: Outside, email: string): Promise<Seeded> {
  const card = await seedCard(leb, { email, residence: 'DE', balance: 0n, expiresAt: inTwoMonths(leb) })
  await inIssuer(leb.db, 'leb', (tx) =>
    tx
      .updateTable('card')
      .set({ sold_at: leb.clock.now() })
      .where('issuer_id', '=', 'leb')
      .where('card_id', '=', card.cardId)
      .execute(),
  )
  return card
}

/** Another, for which somebody has declared that without signing in. */
export async function withdrawnUnsigned(leb: Outside, email: string): Promise<Seeded> {
  const card = await boughtToday(leb, email)
  await declareClosure(leb, {
    issuerId: 'leb',
    accountId: card.accountId,
    cardIds: [card.cardId],
    act: 'withdraw',
    start: 'at_once',
    locale: 'en',
    zone: 'UTC',
    receivedBy: 'portal',
    identity: 'not_signed_in',
  })
  return card
}
