import { listIssuers } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { AnsweredNo } from '../platform/errors.ts'
import type { ClosureView } from './closure-view.ts'
import { readClosure } from './read-closure.ts'

/** For the command line, where a number is all there is. Throws AnsweredNo when no issuer has it. */
export async function findByNumber(ctx: Context, number: string): Promise<ClosureView> {
  const tidy = number.trim().toUpperCase()
  for (const { issuerId } of await listIssuers(ctx.db)) {
    const found = await readClosure(ctx, { issuerId, number: tidy })
    if (found) return found
  }
  throw new AnsweredNo('not_there', `no closure has the number ${tidy}: compare it with the slip`)
}
