import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { seedCards, type Seeded } from '../../test/seed.ts'
import { inIssuer } from '../platform/db.ts'
import { checkBooks } from './check.ts'
import { type Act, anyAct, player } from './history.fixture.ts'

let ctx: TestWorld
beforeAll(async () => void (ctx = await openTestWorld()))
afterAll(() => ctx.stop())

const threeCards = () =>
  seedCards(ctx, [
    { balance: 1000n, currency: 'CNY' },
    { balance: 700n, currency: 'JPY' },
    { balance: 1500n, currency: 'KWD' },
  ])

type Books = { balance: bigint; held: bigint; sum: string | null; lowest: bigint | null }[]
/** Balance, held money, sum of entries and the lowest the balance ever stood, card by card. */
async function booksOf(cards: Seeded[]): Promise<Books> {
  const { rows } = await inIssuer(ctx.db, 'leb', (tx) =>
    sql<Books[number]>`
      select a.balance, a.held, sum(r.amount)::text as sum, min(r.stood)::bigint as lowest from ledger_account a
        left join (select e.account_id, e.amount, sum(e.amount) over (partition by e.account_id order by e.seq) as stood
                     from ledger_entry e) r using (account_id)
       where a.card_id = any (${cards.map((card) => card.cardId)}::uuid[])
       group by a.account_id, a.balance, a.held, a.currency order by a.currency`.execute(tx),
  )
  return rows
}

async function play(name: string, acts: Act[]): Promise<{ said: string[]; books: Books }> {
  const cards = await threeCards()
  const once = player(ctx, name, cards)
  const said: string[] = []
  for (const act of acts) said.push(await once(act))
  return { said, books: await booksOf(cards) }
}

// Refusals of the gate; anything else that comes out of it is a fault of the gate.
const refusals =
  /refused ledger\/(key_reused|insufficient_balance|account_closed|account_frozen|hold_ended|more_than_held)/
let plays = 0

describe('any history of the gate', () => {
  it('adds up, keeps every holder at or above zero and what is held, and replays to the same balances', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyAct, { minLength: 5, maxLength: 40 }), async (acts) => {
        const { said, books } = await play(`h${plays++}`, acts)
        for (const one of said.filter((text) => text.includes('refused'))) expect(one).toMatch(refusals)
        for (const { balance, held, sum, lowest } of books) {
          expect(BigInt(sum ?? '0')).toBe(balance)
          expect(balance).toBeGreaterThanOrEqual(held)
          expect(held).toBeGreaterThanOrEqual(0n)
          expect(lowest ?? 0n).toBeGreaterThanOrEqual(0n)
        }
      }),
      { seed: 20261122, numRuns: 25 },
    )
    expect(await checkBooks(ctx)).toMatchObject({ ok: true })
  })

  it('is the same with what was done repeated anywhere after it, and as often as one likes', async () => {
    const repeats = fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 15 })
    // What moves money by key; what has none (a wait, a freeze) is not repeated.
    const keyed = fc.array(
      anyAct.filter((act) => ['usage', 'top_up', 'charge_back', 'hold'].includes(act.kind)),
      { minLength: 4, maxLength: 25 },
    )
    await fc.assert(
      fc.asyncProperty(keyed, repeats, async (acts, again) => {
        const plain = await play(`p${plays++}`, acts)
        const done = acts.flatMap((act, at) => (wasDone(plain.said[at]!) ? [{ act, at }] : []))
        if (done.length === 0) return
        const history = acts.map((act): Act[] => [act])
        for (const [which, where] of again) {
          const { act, at } = done[which % done.length]!
          history[at + (where % (acts.length - at))]!.push(act)
        }
        const doubled = await play(`d${plays++}`, history.flat())
        expect(doubled.books).toEqual(plain.books)
      }),
      { seed: 7, numRuns: 20 },
    )
    expect(await checkBooks(ctx)).toMatchObject({ ok: true })
  })
})

/** Every part of the act moved what it was to move; a line that did not fit may fit when it comes again. */
function wasDone(said: string): boolean {
  if (said.startsWith('[{')) return !/insufficient|frozen|closed/.test(said)
  return said === '"posted"' || said === '"held"'
}
