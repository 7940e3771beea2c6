import type { ApiContext } from '../api/api-env.ts'
import { languageOfRequest } from '../api/language.ts'
import { inIssuer } from '../platform/db.ts'
import type { Lang } from '../web/lang.ts'

/** The language of a request about one account, which of several may not be the first. */
export async function languageOf(c: ApiContext, accountId: string): Promise<Lang> {
  const { issuerId } = c.get('issuer')
  const account = await inIssuer(c.get('ctx').db, issuerId, (tx) =>
    tx
      .selectFrom('account')
      .select('locale')
      .where('issuer_id', '=', issuerId)
      .where('account_id', '=', accountId)
      .executeTakeFirst(),
  )
  return languageOfRequest(c, account?.locale)
}
