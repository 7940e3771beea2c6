import { type RawBuilder, sql } from 'kysely'
import { isUnreached, unansweredClosure } from '../payout/closures-without-account.ts'
import type { Tx } from '../platform/db.ts'

/**
 * What the mail to support says of closures whose holder names no account: a paragraph of those who were reminded, and
 * one of those whom the last reminder did not reach, so that staff see them before the money is kept. Up to `most` each.
 */
export async function unansweredClosures(tx: Tx, issuerId: string, most: number): Promise<string[]> {
  const numbers = async (which: RawBuilder<boolean>) => {
    const rows = await tx
      .selectFrom('closure')
      .select('number')
      .where('issuer_id', '=', issuerId)
      .where(unansweredClosure)
      .where(which)
      .orderBy('bank_asked_at')
      .limit(most)
      .execute()
    return rows.map(({ number }) => number).join(', ')
  }
  const silent = await numbers(sql<boolean>`not (${isUnreached})`)
  const unreached = await numbers(isUnreached)
  return [
    ...(silent
      ? [
          `Closures whose holder was asked for a bank account two weeks ago, was reminded twice, and has named none: ${silent}. Write to them, or agree another way, send it and say so: npx leb paid NUMBER --iccid ICCID --reference TEXT. Whoever stays silent until the day that the reminder told has the money kept, and the closure ends by itself.`,
        ]
      : []),
    ...(unreached
      ? [
          `Closures whose holder should name a bank account, and whom our last reminder has not reached: ${unreached}. No address is known, or no mail server takes it. Reach them another way before npx leb status NUMBER says that the money is kept and the closure ends by itself; or send it and say so: npx leb paid NUMBER --iccid ICCID --reference TEXT.`,
        ]
      : []),
  ]
}
