import type { Context } from '../platform/context.ts'
import { SetupError } from '../platform/errors.ts'
import { findIssuer, listIssuers } from './issuer.ts'

/** Whom a command's --issuer means: the one that is named, or all. Throws SetupError where it is not set up. */
export async function issuersNamed(ctx: Context, issuerId: string | undefined): Promise<string[]> {
  if (issuerId === undefined) return (await listIssuers(ctx.db)).map((issuer) => issuer.issuerId)
  if (!(await findIssuer(ctx.db, issuerId)))
    throw new SetupError(`there is no issuer ${issuerId}: leb issuer list names those that are set up`)
  return [issuerId]
}
