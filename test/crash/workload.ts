import { declareClosure } from '../../src/closure/declare.ts'
import { type SeedCard, type Seeded, seedCards } from '../seed.ts'
import type { Installation } from './installation.ts'

/** One closure to be declared: what it holds, so that it can be counted afterwards. */
export type Planned = {
  issuerId: string
  accountId: string
  covers: 'card' | 'account'
  cards: (Seeded & { balance: bigint; currency: string; installed: boolean })[]
  email: string
  closureId?: string
}

type Random = () => number

const currencies = ['CNY', 'EUR', 'JPY', 'USD']
const eid = (random: Random) =>
  `890490${Array.from({ length: 26 }, () => Math.floor(random() * 10)).join('')}`

/**
 * Cards as a fleet has them: two issuers, several currencies, one in six without a balance, one in four with its
 * profile on a phone, one closure in eight of an account with up to three cards.
 */
export async function planClosures(
  at: Installation,
  count: number,
  random: Random,
  only?: Planned['covers'],
): Promise<Planned[]> {
  const wanted: { covers: 'card' | 'account'; email: string; cards: SeedCard[] }[] = []
  const stamp = Math.floor(random() * 1e9)
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
      balance: random() < 1 / 6 ? 0n : BigInt(1 + Math.floor(random() * 19_999)),
      eid: random() < 1 / 4 ? eid(random) : null,
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
  let next = 0
  return wanted.map(({ covers, email, cards }) => {
    const own = cards.map((card) => ({
      ...seeded[next++]!,
      balance: card.balance!,
      currency: card.currency!,
      installed: Boolean(card.eid),
    }))
    return { issuerId: own[0]!.issuerId, accountId: own[0]!.accountId, covers, email, cards: own }
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
