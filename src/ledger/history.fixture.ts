import { createHash } from 'node:crypto'
import fc from 'fast-check'
import type { TestWorld } from '../../test/harness.ts'
import type { Seeded } from '../../test/seed.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import {
  closeEmptyBalance,
  freezeBalance,
  houseAccount,
  type HouseAccount,
  lockCardBalance,
  reviveBalance,
} from './accounts.ts'
import { holdMoney, postHold, releaseHold, sweepHolds } from './holds.ts'
import { post } from './post.ts'
import { postUsage } from './post-usage.ts'

/** Something that happens to one of three cards. Keys are few, so that histories repeat and reuse them. */
export type Act =
  | { kind: 'top_up' | 'charge_back'; card: number; key: number; amount: bigint }
  | { kind: 'usage'; lines: { card: number; key: number; amount: bigint; late: boolean }[] }
  | { kind: 'hold'; card: number; key: number; amount: bigint; minutes: number }
  | { kind: 'post_hold'; key: number; share: number }
  | { kind: 'release'; key: number }
  | { kind: 'wait'; minutes: number }
  | { kind: 'freeze' | 'close' | 'undo'; card: number }
type Of<Kind extends Act['kind']> = Extract<Act, { kind: Kind }>

const card = fc.integer({ min: 0, max: 2 })
const key = fc.integer({ min: 0, max: 9 })
const amount = fc.bigInt({ min: 1n, max: 600n })
const line = fc.record({ card, key, amount, late: fc.integer({ min: 0, max: 5 }).map((n) => n === 0) })
export const anyAct: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('usage' as const), lines: fc.array(line, { maxLength: 6 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('top_up' as const), card, key, amount }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('charge_back' as const), card, key, amount }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('hold' as const),
      card,
      key,
      amount,
      minutes: fc.integer({ min: 1, max: 30 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('post_hold' as const),
      key,
      share: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('release' as const), key }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), minutes: fc.integer({ min: 1, max: 20 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('freeze' as const, 'close' as const, 'undo' as const),
      card,
    }),
  },
)

type Held = { holdId: string; card: number; amount: bigint; at: Date }
type Stage = { ctx: TestWorld; name: string; cards: Seeded[]; holds: Map<number, Held> }

/** Plays acts on the cards; `name` keeps its keys apart from other plays'. Answers what the gate said, as text. */
export function player(ctx: TestWorld, name: string, cards: Seeded[]): (act: Act) => Promise<string> {
  const stage: Stage = { ctx, name, cards, holds: new Map() }
  return async (act) => {
    const said = await perform(stage, act).catch((error: { code?: string }) => `refused ${error.code}`)
    return JSON.stringify(said ?? 'done', (_key, value: unknown) =>
      typeof value === 'bigint' ? `${value}` : value,
    )
  }
}

async function perform(stage: Stage, act: Act): Promise<unknown> {
  const { ctx, cards, holds } = stage
  switch (act.kind) {
    case 'usage':
      return takeUsage(stage, act)
    case 'top_up':
    case 'charge_back':
      return move(stage, act)
    case 'hold':
      return hold(stage, act)
    case 'post_hold':
      return spendHeld(stage, act)
    case 'release': {
      const held = holds.get(act.key)
      return held && leb(stage, (tx) => releaseHold(ctx, tx, { issuerId: 'leb', holdId: held.holdId }))
    }
    case 'close':
      return close(stage, act.card)
    case 'freeze':
      return leb(stage, (tx) => freezeBalance(ctx, tx, cards[act.card]!))
    case 'undo':
      return leb(stage, (tx) => reviveBalance(tx, cards[act.card]!))
    case 'wait':
      ctx.clock.advance({ seconds: act.minutes * 60 })
      return sweepHolds(ctx)
  }
}

const leb = <T>({ ctx }: Stage, work: (tx: Tx) => Promise<T>) => inIssuer(ctx.db, 'leb', work)

/** A card's balance, locked, and the house's account that the money comes from or goes to. */
async function between({ ctx, cards }: Stage, tx: Tx, of: number, kind: HouseAccount) {
  const { accountId, currency, amount: balance } = await lockCardBalance(tx, cards[of]!)
  return { accountId, balance, house: await houseAccount(ctx, tx, { issuerId: 'leb', kind, currency }) }
}

const both = (accountId: string, house: string, change: bigint) => [
  { accountId, amount: change },
  { accountId: house, amount: -change },
]

function takeUsage(stage: Stage, act: Of<'usage'>) {
  const lines = act.lines.map((one) => ({
    recordKey: `${stage.name}:use:${one.key}`,
    hash: createHash('sha256').update(`${one.card}/${one.amount}/${one.late}`).digest(),
    cardId: stage.cards[one.card]!.cardId,
    gross: one.amount,
    net: one.amount - one.amount / 6n,
    tax: one.amount / 6n,
    late: one.late,
  }))
  return leb(stage, (tx) => postUsage(stage.ctx, tx, 'leb', lines))
}

function move(stage: Stage, act: Of<'top_up' | 'charge_back'>) {
  const inward = act.kind === 'top_up'
  return leb(stage, async (tx) => {
    const { accountId, house } = await between(stage, tx, act.card, inward ? 'orders_in_hand' : 'chargebacks')
    const entries = both(accountId, house, inward ? act.amount : -act.amount)
    const reason = inward ? 'top_up' : 'chargeback'
    return post(stage.ctx, tx, {
      issuerId: 'leb',
      key: `${stage.name}:${act.kind}:${act.key}`,
      reason,
      entries,
    })
  })
}

async function hold(stage: Stage, act: Of<'hold'>) {
  const { ctx, name, cards, holds } = stage
  // A repeated hold asks for the same end, as a caller who repeats would.
  const at = holds.get(act.key)?.at ?? ctx.clock.now()
  const expiresAt = new Date(at.getTime() + act.minutes * 60_000)
  const { cardId } = cards[act.card]!
  const wanted = { issuerId: 'leb', key: `${name}:hold:${act.key}`, cardId, amount: act.amount, expiresAt }
  const { holdId, answer } = await leb(stage, (tx) => holdMoney(ctx, tx, { ...wanted, reason: 'correction' }))
  holds.set(act.key, { holdId, card: act.card, amount: act.amount, at })
  return answer
}

async function spendHeld(stage: Stage, act: Of<'post_hold'>) {
  const held = stage.holds.get(act.key)
  if (!held) return undefined
  return leb(stage, async (tx) => {
    const { accountId, house } = await between(stage, tx, held.card, 'revenue')
    const entries = both(accountId, house, -((held.amount * BigInt(act.share)) / 2n || 1n))
    return postHold(stage.ctx, tx, { issuerId: 'leb', holdId: held.holdId, reason: 'correction', entries })
  })
}

/** As a closing settles: frozen, all of it to the refunds, and closed in the same posting. */
function close(stage: Stage, of: number) {
  const { ctx, cards } = stage
  return leb(stage, async (tx) => {
    const { accountId, balance, house } = await between(stage, tx, of, 'refunds_payable')
    await freezeBalance(ctx, tx, cards[of]!)
    if (balance === 0n) return closeEmptyBalance(ctx, tx, cards[of]!)
    return post(ctx, tx, {
      issuerId: 'leb',
      key: ctx.ids.next(),
      reason: 'closure_settlement',
      entries: both(accountId, house, -balance),
      close: [accountId],
    })
  })
}
