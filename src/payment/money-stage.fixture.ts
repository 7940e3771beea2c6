import { openOutside } from '../../test/outside.ts'
import { books as allBooks } from '../../test/payouts.ts'
import { openHookDoor, workOffPayments } from './orders.fixture.ts'

type Options = {
  /** False where nobody is to be told by webhook. */
  hooks?: boolean
  /** What `moved` compares; the whole books of issuer leb unless told. */
  books?: (leb: Awaited<ReturnType<typeof openOutside>>) => Promise<Record<string, bigint>>
}

/** For tests: a LEB whose payment provider tells it of everything, and what moves on its books in CNY. */
export async function openMoneyStage({
  hooks = true,
  books = (leb) => allBooks(leb, 'leb', 'CNY'),
}: Options = {}) {
  const leb = await openOutside()
  const sim = leb.world.sims.payment
  const door = hooks ? await openHookDoor(leb) : undefined
  if (door) sim.webhooks.register({ url: door.url, secret: 'whsec_sample' })
  let before = await books(leb)
  return {
    leb,
    sim,
    /** `moved` counts from here: for `beforeEach`, and after a test has seeded cards. */
    mark: async () => void (before = await books(leb)),
    /** What moved since, without what did not. */
    moved: async (): Promise<Record<string, bigint>> => {
      const now = await books(leb)
      const kinds = [...new Set([...Object.keys(before), ...Object.keys(now)])]
      return Object.fromEntries(
        kinds.map((kind) => [kind, (now[kind] ?? 0n) - (before[kind] ?? 0n)]).filter(([, by]) => by !== 0n),
      )
    },
    /** Webhooks have come and a worker has looked. */
    heard: async (): Promise<void> => {
      await sim.webhooks.idle()
      await workOffPayments(leb)
    },
    /** Refunds of a payment at the provider, newest first. */
    given: (ref: string) => sim.refunds(ref).map((refund) => refund.amount),
    close: async (): Promise<void> => {
      await door?.close()
      await leb.stop()
    },
  }
}
