import { declareClosure } from '../../src/closure/declare.ts'
import { inIssuer } from '../../src/platform/db.ts'
import { type SeedCard, type Seeded, seedCards } from '../seed.ts'
import type { Installation } from './installation.ts'

/** One closure to be declared: what it holds, so that it can be counted afterwards. */
export type Planned = {
  issuerId: string
  accountId: string
  covers: 'card' | 'account'
  cards: PlannedCard[]
  email: string
  closureId?: string
}

export type PlannedCard = Seeded & {
  balance: bigint
  currency: string
  installed: boolean
  /** What is to go back of which payment: the newest first. */
  refunds: { paymentRef: string; amount: bigint }[]
}

type Random = () => number

const currencies = ['CNY', 'EUR', 'JPY', 'USD']
const eid = (random: Random) =>
  `890490${Array.from({ length: 26 }, () => Math.floor(random() * 10)).join('')}`

/**
 * Cards as a fleet has them: two issuers, several currencies, one in six without a balance, one in four with its
 * profile on a phone, one closure in eight of an account with up to three cards, one card in three with several
 * payments.
 */
export async function planClosures(
  at: Installation,
  count: number,
  random: Random,
  only?: Planned['covers'],
  want: { someMoney?: boolean } = {},
): Promise<Planned[]> {
  const wanted: { covers: 'card' | 'account'; email: string; cards: SeedCard[] }[] = []
  const stamp = Math.floor(random() * 1e9)
  const expiresAt = new Date(at.ctx.clock.now().getTime() + 60 * 86_400_000)
  for (let n = 0; n < count; n++) {
    const covers = only ?? (random() < 1 / 8 ? 'account' : 'card')
    const email = `h${stamp}-${n}@example.com`
    const issuerId = random() < 0.7 ? 'leb' : 'roamly'
    const size = covers === 'account' ? 1 + Math.floor(random() * 3) : 1
    const cards = Array.from({ length: size }, () => ({
      issuerId,
      email,
      accountRef: `T${stamp}${n}`,
      residence: issuerId === 'leb' ? 'CN' : 'DE',
      currency: currencies[Math.floor(random() * currencies.length)]!,
      balance: random() < 1 / 6 && !want.someMoney ? 0n : BigInt(1 + Math.floor(random() * 19_999)),
      eid: random() < 1 / 4 ? eid(random) : null,
      expiresAt,
    }))
    wanted.push({ covers, email, cards })
  }
  const cards = wanted.flatMap((one) => one.cards)
  const seeded: Seeded[] = []
  for (let from = 0; from < cards.length; from += 500)
    seeded.push(...(await seedCards(at.ctx, cards.slice(from, from + 500))))
  await putOnPhones(
    at,
    cards.flatMap((card, n) => (card.eid ? [{ iccid: seeded[n]!.iccid, eid: card.eid }] : [])),
  )
  const topUps = await topUp(at, seeded, cards, random)
  let next = 0
  return wanted.map(({ covers, email, cards }) => {
    const own = cards.map((card) => {
      const known = seeded[next++]!
      const { balance = 0n, currency = 'CNY' } = card
      const payments = [
        ...(topUps.get(known.cardId) ?? []),
        { paymentRef: known.paymentRef, amount: 20_000n },
      ]
      return {
        ...known,
        balance,
        currency,
        installed: Boolean(card.eid),
        refunds: newestFirst(balance, payments),
      }
    })
    return { issuerId: own[0]!.issuerId, accountId: own[0]!.accountId, covers, email, cards: own }
  })
}

type Paid = { paymentRef: string; amount: bigint }

/** One card in three has been topped up once or twice since it was sold: payments newest first. */
async function topUp(
  at: Installation,
  seeded: Seeded[],
  cards: SeedCard[],
  random: Random,
): Promise<Map<string, Paid[]>> {
  const topUps = new Map<string, Paid[]>()
  for (const [n, card] of seeded.entries()) {
    if (random() > 1 / 3) continue
    const count = random() < 0.5 ? 1 : 2
    const currency = cards[n]!.currency ?? 'CNY'
    const paid = Array.from({ length: count }, (_, nth) => ({
      paymentRef: `pi_${card.iccid}${nth}_${currency.toLowerCase()}_1`,
      amount: BigInt(1 + Math.floor(random() * 6_000)),
    }))
    topUps.set(card.cardId, paid)
    await inIssuer(at.ctx.db, card.issuerId, (tx) =>
      tx
        .insertInto('payment')
        .values(
          paid.map((one, nth) => ({
            issuer_id: card.issuerId,
            payment_id: at.ctx.ids.next(),
            card_id: card.cardId,
            provider: 'stripe',
            provider_ref: one.paymentRef,
            currency,
            amount_minor: one.amount,
            received_at: new Date(Date.UTC(2026, 10, 20 - nth)),
          })),
        )
        .execute(),
    )
  }
  return topUps
}

function newestFirst(balance: bigint, payments: Paid[]): Paid[] {
  let rest = balance
  return payments.flatMap(({ paymentRef, amount }) => {
    const part = rest < amount ? rest : amount
    rest -= part
    return part > 0n ? [{ paymentRef, amount: part }] : []
  })
}

async function putOnPhones(at: Installation, profiles: { iccid: string; eid: string }[]): Promise<void> {
  const body = JSON.stringify(profiles.map((profile) => ({ ...profile, state: 'Installed' })))
  await fetch(`${at.at.esim.url}/sim/profiles`, { method: 'POST', body })
}

/** Declared by the issuer, so that no code is needed and the closing starts at once. */
export async function declare(at: Installation, planned: Planned): Promise<void> {
  const { closureId } = await declareClosure(at.ctx, {
    issuerId: planned.issuerId,
    accountId: planned.accountId,
    cardIds: planned.covers === 'account' ? 'account' : planned.cards.map((card) => card.cardId),
    act: planned.covers === 'account' ? 'erase' : 'terminate',
    start: 'at_once',
    locale: planned.issuerId === 'leb' ? 'zh-CN' : 'en',
    zone: 'Asia/Shanghai',
    receivedBy: 'cli',
    identity: 'issuer_decision',
  })
  planned.closureId = closureId
}

/** Closures that are not at their end yet, certificate mail and slip mail included. */
export async function countUnfinished(at: Installation, planned: Planned[]): Promise<number> {
  const { rows } = await asIssuers<{ open: string }>(
    at,
    [...new Set(planned.map((one) => one.issuerId))],
    `select (select count(*) from closure where told_at is null)
          + (select count(*) from notice where state = 'waiting') as open`,
  )
  return rows.reduce((sum, row) => sum + Number(row.open), 0)
}

/** The same question asked in the name of each issuer; row security keeps their rows apart. */
export async function asIssuers<Row extends object>(
  at: Installation,
  issuerIds: string[],
  question: string,
): Promise<{ rows: (Row & { issuer: string })[] }> {
  const client = await at.ctx.pool.connect()
  try {
    const rows: (Row & { issuer: string })[] = []
    for (const issuer of issuerIds) {
      await client.query('begin')
      await client.query(`select set_config('leb.issuer', $1, true)`, [issuer])
      const answer = await client.query<Row>(question)
      await client.query('commit')
      rows.push(...answer.rows.map((row) => ({ ...row, issuer })))
    }
    return { rows }
  } finally {
    client.release()
  }
}
