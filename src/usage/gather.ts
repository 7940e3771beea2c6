import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import type { Context } from '../platform/context.ts'
import { Refusal } from '../platform/errors.ts'
import { errorFields } from '../platform/log.ts'
import type { UsageResult } from './outcome.ts'
import type { UsageRecord } from './record.ts'
import type { UsageRefusal } from './refusals.ts'
import { takeUsage } from './take-usage.ts'

/** Records that come within this are taken in together; longer gains little and costs every caller as much. */
const gather_ms = 2
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
type Lane = { waitingRecords(): number; take(records: UsageRecord[]): Promise<UsageResult[]> }
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
  return async (records) => {
    const waiting = lanes.reduce((sum, lane) => sum + lane.waitingRecords(), 0)
    if (waiting + records.length > most_waiting_records) throw tryAgain()
    const places = byLane(records)
    const parts = await Promise.all(
      places.map(async (mine, lane) =>
        mine.length > 0 ? lanes[lane]!.take(mine.map((at) => records[at]!)) : [],
      ),
    )
    const results = Array.from<UsageResult>({ length: records.length })
    parts.forEach((part, lane) => part.forEach((result, nth) => (results[places[lane]![nth]!] = result)))
    return results
  }
}

/** Places of the records, by lane. A record id that stands twice goes one way, so that the first of them counts. */
function byLane(records: UsageRecord[]): number[][] {
  const places = Array.from({ length: lanes_count }, (): number[] => [])
  const laneOf = new Map<string, number>()
  records.forEach((record, at) => {
    const lane = laneOf.get(record.recordId) ?? laneOfCard(record.iccid ?? record.cardId!)
    laneOf.set(record.recordId, lane)
    places[lane]!.push(at)
  })
  return places
}

/** The last sign of an ICCID is its check digit, which spreads as well as any. */
function laneOfCard(name: string): number {
  return (name.charCodeAt(name.length - 1) + 7 * name.charCodeAt(name.length - 2)) % lanes_count
}

function openLane(ctx: Context, issuerId: string): Lane {
  const waiting: Waiting[] = []
  let waitingRecords = 0
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
    return flight
  }
  const work = async (): Promise<void> => {
    atWork = true
    if (waitingRecords < full_records) await sleep(gather_ms)
    // What came while the last transaction ran has waited long enough.
    for (let flight = nextFlight(); flight.length > 0; flight = nextFlight()) await fly(ctx, issuerId, flight)
    atWork = false
  }
  return {
    waitingRecords: () => waitingRecords,
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

/**
 * True where the database, not the batch, is the trouble: connection lost (08), operator's intervention (57), out of
 * resources (53), conflicts that outlasted every retry (40), a lock not given in time (55P03), or no SQLSTATE at all.
 */
function isDatabaseGone(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  if (typeof code === 'string' && /^(08|57|53|40)|^55P03$|^E[A-Z]+$/.test(code)) return true
  return error instanceof Error && /connection|timeout/i.test(error.message) && typeof code !== 'string'
}
