import type { Wanted } from '../../src/order/quote.ts'
import type { Placed } from '../../src/order/place-order.ts'
import type { Card as StoredCard } from '../../src/card/card-store.ts'
import { declareClosure } from '../../src/closure/declare.ts'
import { ifClosedNow } from '../../src/closure/if-closed-now.ts'
import { undoClosure } from '../../src/closure/undo.ts'
import { sweepExpiry } from '../../src/expiry/sweep-expiry.ts'
import { decimal } from '../../src/ledger/money.ts'
import { lookAtPayment } from '../../src/payment/look-at-payment.ts'
import { sweepPayments } from '../../src/payment/sweep-payments.ts'
import type { Settlement } from '../../src/payout/settlement.ts'
import { inIssuer } from '../../src/platform/db.ts'
import { isInTime } from '../../src/policy/withdrawal.ts'
import { Refusal } from '../../src/platform/errors.ts'
import type { UsageRecord } from '../../src/usage/record.ts'
import { takeUsage } from '../../src/usage/take-usage.ts'
import { seedCards } from '../seed.ts'
import { type Act, currencies, type PayBy } from './acts.ts'
import { lookComparing } from './look-comparing.ts'
import { issuerId, type Stage } from './stage.ts'

export type Card = { cardId: string; iccid: string; accountId: string; holderId: string }
type Account = { accountId: string; holderId: string; live: string }

/** One history: what it has made so far, in the words of the outside world. */
export type Play = {
  stage: Stage
  accounts: Account[]
  cards: Card[]
  /** Payments at the provider, by what it calls them, with what was paid. */
  imported: Map<string, bigint>
  orders: Placed[]
  /** Closures that were declared here, in that order; expiry declares others. */
  declared: string[]
  batches: UsageRecord[][]
  /** Webhooks of earlier histories. */
  toldBefore: number
  /** Lines of the bank's statement. */
  statement: string[]
  /** What the gate said that it took off the balance, by record. */
  charged: Map<string, bigint>
}

/** Two accounts with a card in each currency, as an import makes them: one where money may lapse, one where it may not. */
export async function beginPlay(stage: Stage, statement: string[]): Promise<Play> {
  const { leb, sim } = stage
  const paid = 9_000n
  const ends = new Date(leb.clock.now().getTime() + 6 * 86_400_000)
  const wanted = ['CH', 'DE'].flatMap((residence) => {
    const accountRef = `H-${leb.ids.readable()}`
    const email = `${accountRef}@example.com`
    // What was paid by transfer goes back by transfer, which waits for an account and can be undone so long.
    return currencies.map((currency) => {
      const provider = residence === 'DE' && currency === 'KWD' ? ('bank' as const) : ('stripe' as const)
      return { accountRef, email, residence, currency, provider }
    })
  })
  const money = { balance: 3_000n, paid, plan: 'LEB5', expiresAt: ends }
  const cards = await seedCards(
    leb,
    wanted.map((card) => ({ ...card, ...money, issuerId })),
  )
  const charged = cards.filter((_, n) => wanted[n]!.provider === 'stripe')
  const imported = new Map(charged.map(({ paymentRef }) => [paymentRef, paid]))
  sim.seed(
    cards.map(({ paymentRef: id }, n) => ({ id, amount: Number(paid), currency: wanted[n]!.currency })),
  )
  const accounts = [0, 2].map((n) => ({ ...cards[n]!, live: wanted[n]!.residence }))
  return {
    stage,
    accounts,
    cards,
    imported,
    orders: [],
    declared: [],
    batches: [],
    toldBefore: sim.webhooks.events().length,
    statement,
    charged: new Map(),
  }
}

export const pick = <T>(all: T[], at: number): T | undefined => all[at % Math.max(1, all.length)]

const cardAt = ({ cards }: Play, at: number): Card => pick(cards.toReversed(), at)!

/** Does it, if it may be done by now: what LEB refuses has not happened. */
async function ifAllowed<T>(does: Promise<T>): Promise<T | undefined> {
  return does.catch((error: unknown) => {
    if (!(error instanceof Refusal)) throw error
    return undefined
  })
}

export async function perform(play: Play, act: Act): Promise<void> {
  const { sim, leb } = play.stage
  switch (act.do) {
    case 'buy_card': {
      const { code, currency, payBy } = act
      return buy(play, pick(play.accounts, act.account)!, { kind: 'card', code, zone: 'JP', currency }, payBy)
    }
    case 'top_up': {
      const card = cardAt(play, act.card)
      const amount = decimal({ amount: BigInt(act.tens * 10), currency: await currencyOf(play, card) })
      return buy(play, card, { kind: 'top_up', cardId: card.cardId, amount }, act.payBy)
    }
    case 'add_on': {
      const card = cardAt(play, act.card)
      return buy(play, card, { kind: 'add_on', cardId: card.cardId, code: act.code }, act.payBy)
    }
    case 'use':
      return use(play, act.uses)
    case 'close': {
      const { accountId, cardId } = cardAt(play, act.card)
      return declare(play, { accountId, cardIds: [cardId], start: act.start, voucher: act.voucher })
    }
    case 'close_account': {
      const { accountId } = pick(play.accounts, act.account)!
      return declare(play, { accountId, cardIds: 'account', start: 'after_undo_window', voucher: false })
    }
    case 'undo': {
      const closureId = pick(play.declared.toReversed(), act.closure)
      if (closureId) await ifAllowed(undoClosure(leb, { issuerId, closureId }))
      return
    }
    case 'dispute': {
      const paid = pick(paymentsOf(play), act.payment)!
      if (sim.disputes.all().some((one) => one.payment_intent === paid.ref)) return
      sim.disputes.open(paid.ref, { amount: Math.ceil((Number(paid.amount) * act.percent) / 100) })
      return
    }
    case 'judge': {
      const refs = new Set(paymentsOf(play).map(({ ref }) => ref))
      const open = sim.disputes
        .all()
        .filter((one) => refs.has(one.payment_intent) && one.status === 'needs_response')
      const one = pick(open, act.dispute)
      if (one) sim.disputes.close(one.id, act.won ? 'won' : 'lost')
      return
    }
    case 'wait':
      return wait(play, act.hours)
    case 'hold':
      return sim.webhooks.hold()
    case 'lose':
      return sim.webhooks.lose()
    case 'release':
      return sim.webhooks.release(act)
    case 'work':
      return work(play)
  }
}

/** The minute job when so much time has passed. */
export async function wait({ stage: { leb } }: Play, hours: number): Promise<void> {
  leb.clock.advance({ hours })
  await sweepPayments(leb)
  await sweepExpiry(leb)
}

/** What workers do with all that waits. */
export async function work(play: Play): Promise<void> {
  const { stage } = play
  await stage.importStatement(play.statement)
  await stage.workOff()
  for (const closure of await closuresOf(play)) await lookComparing(stage.leb, closure)
  await stage.workOff()
  await noteNewCards(play)
}

/** Until nothing is on its way any more; lost webhooks are made up for by asking, as the sweep does. */
export async function workToTheEnd(play: Play): Promise<void> {
  const { sim } = play.stage
  sim.webhooks.release()
  await sim.webhooks.idle()
  await lookAtAllPayments(play)
  for (let round = 0; round < 3; round++) {
    await work(play)
    await wait(play, 1)
  }
}

export async function lookAtAllPayments(play: Play): Promise<void> {
  const { leb, sim } = play.stage
  const mine = new Set(paymentsOf(play).map(({ ref }) => ref))
  const refs = [...mine].filter((ref) => !play.imported.has(ref))
  const disputes = sim.disputes.all().filter((one) => mine.has(one.payment_intent))
  for (const id of [...refs, ...disputes.map((one) => one.id)]) await lookAtPayment(leb, { issuerId, id })
}

async function buy(play: Play, who: Account | Card, wanted: Wanted, payBy: PayBy | 'balance'): Promise<void> {
  const { shop, leb } = play.stage
  const { accountId, holderId } = who
  const live = play.accounts.find((one) => one.accountId === accountId)!.live
  const buyer = { kind: 'signed_in' as const, holderIds: [holderId], accountId }
  const client = leb.ids.readable()
  const placed = await ifAllowed(shop.place({ issuerId, live, buyer, wanted, payBy, client, locale: 'en' }))
  if (!placed) return
  play.orders.push(placed)
  if (payBy === 'balance') return
  if (payBy === 'stripe') return shop.pay(placed, issuerId)
  const { gross } = await shop.view(placed, issuerId)
  const day = leb.clock.now().toISOString().slice(0, 10)
  play.statement.push(`${day};${decimal(gross)};${gross.currency};${placed.number};`)
}

async function use(play: Play, uses: (Act & { do: 'use' })['uses']): Promise<void> {
  const { leb } = play.stage
  const records = uses.flatMap((one): UsageRecord[] => {
    const { iccid } = cardAt(play, one.card)
    const usedAt = leb.clock.now().getTime() - one.hoursAgo * 3_600_000
    const { kind, quantity } = one
    const record = { recordId: leb.ids.next(), iccid, kind, quantity, country: 'JP', usedAt }
    return one.twice ? [record, record] : [record]
  })
  play.batches.push(records)
  await report(play, records)
}

/** Tells the gate, and keeps what it says that it took, which may not change when it is told again. */
export async function report(play: Play, records: UsageRecord[]): Promise<void> {
  for (const answer of await takeUsage(play.stage.leb, issuerId, records)) {
    if (!('charged' in answer)) throw new Error(`not taken in: ${answer.outcome}`)
    const { recordId, charged } = answer
    const before = play.charged.get(recordId)
    if (before !== undefined && before !== charged.amount)
      throw new Error('charged otherwise when told again')
    play.charged.set(recordId, charged.amount)
  }
}

type Declared = {
  accountId: string
  cardIds: string[] | 'account'
  start: 'at_once' | 'after_undo_window'
  voucher: boolean
}

async function declare(play: Play, declared: Declared): Promise<void> {
  const { leb } = play.stage
  const shown = await showIfClosedNow(play, declared)
  const receipt = await ifAllowed(
    declareClosure(leb, {
      ...declared,
      issuerId,
      act: 'terminate',
      locale: 'en',
      zone: 'Europe/Berlin',
      receivedBy: 'staff',
      identity: 'issuer_decision',
    }),
  )
  if (!receipt) return
  play.declared.push(receipt.closureId)
  if (declared.start !== 'at_once') return
  const closure = (await closuresOf(play)).find((one) => one.closure_id === receipt.closureId)!
  await lookComparing(leb, closure, shown)
}

/** What the card's page tells before anything is declared; it knows of no voucher. */
async function showIfClosedNow(play: Play, { cardIds, voucher }: Declared): Promise<Map<string, Settlement>> {
  if (cardIds === 'account' || voucher) return new Map()
  const { leb } = play.stage
  const cards = await inIssuer(leb.db, issuerId, (tx) =>
    tx
      .selectFrom('card')
      .select(['card_id as cardId', 'account_id as accountId', 'state'])
      .where('card_id', 'in', cardIds)
      .execute(),
  )
  const known = cards.map((card) => ({ ...card, state: card.state as StoredCard['state'] }))
  const told = await ifClosedNow(leb, issuerId, known)
  // While a card can be withdrawn from, the issuer pays what that would, and its page what the holder's closing does.
  const same = [...told].filter(([, { withdrawableUntil: until }]) => !isInTime(leb.clock.now(), until))
  return new Map(same.map(([cardId, { settlement }]) => [cardId, settlement]))
}

export function closuresOf({ stage: { leb }, accounts }: Play) {
  return inIssuer(leb.db, issuerId, (tx) =>
    tx
      .selectFrom('closure')
      .select(['closure_id', 'account_id', 'declared_at', 'payout_choice'])
      .where('issuer_id', '=', issuerId)
      .where(
        'account_id',
        'in',
        accounts.map((one) => one.accountId),
      )
      .where('state', '<>', 'closed')
      .orderBy('closure_id')
      .execute(),
  )
}
export type OpenClosure = Awaited<ReturnType<typeof closuresOf>>[number]

/** What was paid at the provider: by imported cards, and for orders of this history. */
export function paymentsOf({ stage: { sim }, imported, orders }: Play): { ref: string; amount: bigint }[] {
  const numbers = new Set(orders.map((one) => one.number))
  const bought = sim.checkout.all().flatMap((page) => {
    const mine = numbers.has(page.client_reference_id ?? page.metadata.leb_order ?? '')
    return mine && page.payment_intent
      ? [{ ref: page.payment_intent, amount: BigInt(page.amount_total) }]
      : []
  })
  return [...[...imported].map(([ref, amount]) => ({ ref, amount })), ...bought]
}

async function currencyOf({ stage: { leb } }: Play, { cardId }: Card): Promise<string> {
  const { currency } = await inIssuer(leb.db, issuerId, (tx) =>
    tx.selectFrom('card').select('currency').where('card_id', '=', cardId).executeTakeFirstOrThrow(),
  )
  return currency
}

/** Cards that were delivered since take part from now on, in the order in which they were bought. */
async function noteNewCards(play: Play): Promise<void> {
  const known = new Set(play.cards.map((card) => card.cardId))
  for (const { orderId } of play.orders) {
    const card = await inIssuer(play.stage.leb.db, issuerId, (tx) =>
      tx
        .selectFrom('card')
        .select(['card_id as cardId', 'iccid', 'account_id as accountId'])
        .where('order_id', '=', orderId)
        .executeTakeFirst(),
    )
    if (!card || known.has(card.cardId)) continue
    const { holderId } = play.accounts.find((one) => one.accountId === card.accountId)!
    play.cards.push({ ...card, holderId })
  }
}
