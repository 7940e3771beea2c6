import file from '../../demo/terms.json' with { type: 'json' }
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { putTerms, termsFileSchema } from './terms.ts'

/** Publishes demo/terms.json, also the example of what `leb terms put` takes, for these issuers; again changes nothing. */
export async function putSampleTerms(ctx: Context, issuerIds: string[]): Promise<void> {
  const { version, text } = termsFileSchema.parse(file)
  const now = ctx.clock.now()
  for (const issuerId of issuerIds)
    await inIssuer(ctx.db, issuerId, (tx) => putTerms(tx, { issuerId, version, text, now }))
}
