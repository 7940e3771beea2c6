import { setImmediate as others } from 'node:timers/promises'
import type pg from 'pg'
import type { Context } from '../platform/context.ts'
import { isDatabaseGone } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { errorFields } from '../platform/log.ts'
import type { UsageResult } from './outcome.ts'
import type { UsageRecord } from './record.ts'
import type { UsageRefusal } from './refusals.ts'
import { takeUsage } from './take-usage.ts'

/** Records a transaction: more of them gain nothing, and their callers wait longer. */
const full_records = 300
/**
 * Transactions of one issuer at a time, each with cards of its own: two with one card in common would be one after
 * the other, and of a thousand cards some always are in common.
 */
const lanes_count = 2
/** About three seconds of work; more is refused at once instead of answered too late. */
const most_waiting_records = 50_000

type Waiting = {
  records: UsageRecord[]
  answer(results: UsageResult[]): void
  fail(error: unknown): void
}
/** The lane that has a card's records, and how many of them are not answered yet. */
type CardUnderWay = { lane: number; records: number }
type Lane = {
  waitingRecords(): number
  /** Those that wait and those of the transaction that runs. */
  recordsUnderWay(): number
  take(records: UsageRecord[]): Promise<UsageResult[]>
}
type Gatherer = (records: UsageRecord[]) => Promise<UsageResult[]>

const gatherers = new WeakMap<pg.Pool, Map<string, Gatherer>>()

/**
 * Takes a batch in together with those that come at the same time: a transaction costs about as much as forty
 * records. A batch may be taken in by several transactions; each record is still all or nothing. Throws Refusal
 * usage/try_again when the database can't be reached or goes away meanwhile, or when more waits than can be worked off
 * soon: then nobody knows, and the same batch may be sent again.
 */
export function gatherUsage(ctx: Context, issuerId: string, records: UsageRecord[]): Promise<UsageResult[]> {
  let mine = gatherers.get(ctx.pool)
  if (!mine) gatherers.set(ctx.pool, (mine = new Map()))
  let gatherer = mine.get(issuerId)
  if (!gatherer) mine.set(issuerId, (gatherer = openGatherer(ctx, issuerId)))
  return records.length === 0 ? Promise.resolve([]) : gatherer(records)
}

function openGatherer(ctx: Context, issuerId: string): Gatherer {
  const lanes = Array.from({ length: lanes_count }, () => openLane(ctx, issuerId))
  const under = new Map<string, CardUnderWay>()
  return async (records) => {
    const waiting = lanes.reduce((sum, lane) => sum + lane.waitingRecords(), 0)
    if (waiting + records.length > most_waiting_records) throw tryAgain()
    const places = byLane(records, under, leastBusy(lanes))
    try {
      const parts = await Promise.all(
        places.map(async (mine, lane) =>
          mine.length > 0 ? lanes[lane]!.take(mine.map((at) => records[at]!)) : [],
        ),
      )
      const results = Array.from<UsageResult>({ length: records.length })
      parts.forEach((part, lane) => part.forEach((result, nth) => (results[places[lane]![nth]!] = result)))
      return results
    } finally {
      leave(records, under)
    }
  }
}

function leastBusy(lanes: Lane[]): number {
  const busy = lanes.map((lane) => lane.recordsUnderWay())
  return busy.indexOf(Math.min(...busy))
}

/**
 * Places of the records, by lane: a batch goes one way whole, because a transaction costs what forty records do, but
 * for cards that the other lane has at this moment. A record id that stands twice goes one way, so that the first of
 * them counts. Notes each record's card as under way until `leave`.
 */
function byLane(records: UsageRecord[], under: Map<string, CardUnderWay>, preferred: number): number[][] {
  const places = Array.from({ length: lanes_count }, (): number[] => [])
  const laneOf = new Map<string, number>()
  records.forEach((record, at) => {
    const name = nameOf(record)
    const card = under.get(name)
    const lane = laneOf.get(record.recordId) ?? card?.lane ?? preferred
    laneOf.set(record.recordId, lane)
    if (card) card.records++
    else under.set(name, { lane, records: 1 })
    places[lane]!.push(at)
  })
  return places
}

function leave(records: UsageRecord[], under: Map<string, CardUnderWay>): void {
  for (const record of records) {
    const name = nameOf(record)
    const card = under.get(name)!
    if (--card.records === 0) under.delete(name)
  }
}

/** One card under two names may be in both lanes: its transactions then wait for each other, as two processes' do. */
const nameOf = (record: UsageRecord) => record.iccid ?? record.cardId!

function openLane(ctx: Context, issuerId: string): Lane {
  const waiting: Waiting[] = []
  let waitingRecords = 0
  let flyingRecords = 0
  let atWork = false

  const nextFlight = (): Waiting[] => {
    const flight: Waiting[] = []
    let count = 0
    while (waiting.length > 0 && (count === 0 || count + waiting[0]!.records.length <= full_records)) {
      const next = waiting.shift()!
      count += next.records.length
      flight.push(next)
    }
    waitingRecords -= count
    flyingRecords = count
    return flight
  }
  const work = async (): Promise<void> => {
    atWork = true
    // What arrives together is taken in together, and what arrives meanwhile comes next: nobody waits for others that
    // may not come.
    await others()
    for (let flight = nextFlight(); flight.length > 0; flight = nextFlight()) await fly(ctx, issuerId, flight)
    atWork = false
  }
  return {
    waitingRecords: () => waitingRecords,
    recordsUnderWay: () => waitingRecords + flyingRecords,
    take(records) {
      return new Promise((answer, fail) => {
        waiting.push({ records, answer, fail })
        waitingRecords += records.length
        if (!atWork) void work()
      })
    },
  }
}

async function fly(ctx: Context, issuerId: string, flight: Waiting[]): Promise<void> {
  try {
    const results = await takeUsage(
      ctx,
      issuerId,
      flight.flatMap(({ records }) => records),
    )
    let from = 0
    for (const one of flight) one.answer(results.slice(from, (from += one.records.length)))
  } catch (error) {
    if (flight.length > 1 && !isDatabaseGone(error)) {
      // Something about one of them: the others must not pay for it.
      for (const one of flight) await fly(ctx, issuerId, [one])
      return
    }
    ctx.log.warn('a batch of usage could not be taken in', { issuer: issuerId, ...errorFields(error) })
    for (const one of flight) one.fail(isDatabaseGone(error) ? tryAgain() : error)
  }
}

const tryAgain = () => new Refusal('usage/try_again' satisfies UsageRefusal)
