import { expect } from 'vitest'
import { keepUnanswered } from '../src/closure/keep-unanswered.ts'
import { remindHolders } from '../src/closure/remind-of-account.ts'
import type { Outside } from './outside.ts'
import { stateOf } from './payouts.ts'

/** What `leb work` does in a minute for a closure whose money waits for an account. */
export async function unclaimedMinute(leb: Outside, issuerId: string, closureId: string): Promise<void> {
  await remindHolders(leb)
  await leb.sendMails(issuerId)
  await keepUnanswered(leb)
  await leb.look(issuerId, closureId)
  await leb.sendMails(issuerId)
}

/** Declared on 22 November 2026: nobody names an account, and the days go by until its money is kept and it ends. */
export async function untilKept(leb: Outside, issuerId: string, closureId: string): Promise<void> {
  await unclaimedMinute(leb, issuerId, closureId)
  for (const at of ['2026-11-25T10:00:00Z', '2026-12-06T10:10:00Z', '2027-01-21T23:00:01Z']) {
    leb.clock.set(new Date(at))
    await unclaimedMinute(leb, issuerId, closureId)
  }
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
}
