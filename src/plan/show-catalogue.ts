import { issuersNamed } from '../issuer/issuers-named.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { AnsweredNo } from '../platform/errors.ts'
import { itemsOnSale, versionsOf } from './catalogue.ts'

/**
 * `leb catalogue show`: what is on sale, as a file that `catalogue put` takes and that would change nothing; with a CODE
 * all its versions, newest first. JSON, with --json on one line. Answers the exit code. Throws AnsweredNo for a code that
 * was never sold.
 */
export async function catalogueShowCommand(
  ctx: Context,
  input: { issuer: string; code?: string; json: boolean; out?: (text: string) => void },
): Promise<number> {
  const { code } = input
  const [issuer] = await issuersNamed(ctx, input.issuer)
  const shown = code === undefined ? await fileOf(ctx, issuer!) : await historyOf(ctx, issuer!, code)
  const out = input.out ?? ((text: string) => void process.stdout.write(text))
  out(`${JSON.stringify(shown, null, input.json ? 0 : 2)}\n`)
  return 0
}

async function fileOf(ctx: Context, issuer: string) {
  const items = await inIssuer(ctx.db, issuer, (tx) => itemsOnSale(tx, issuer))
  return { issuer, items: items.map(({ code, kind, terms }) => ({ code, kind, ...terms })) }
}

async function historyOf(ctx: Context, issuer: string, code: string) {
  const items = await inIssuer(ctx.db, issuer, (tx) => versionsOf(tx, issuer, code))
  if (items.length === 0)
    throw new AnsweredNo(
      'not_there',
      `${issuer} never sold ${code}: leb catalogue list --issuer ${issuer} names what there is`,
    )
  const versions = items.map(({ version, kind, publishedAt, withdrawnAt, terms }) => {
    return { version, kind, publishedAt, withdrawnAt, terms }
  })
  return { issuer, code, versions }
}
