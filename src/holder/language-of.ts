import type { ApiContext } from '../api/api-env.ts'
import { inIssuer } from '../platform/db.ts'
import { type Lang, pickLang } from '../web/lang.ts'

/** What the request asks for, else the language in which the account's holder is written to. */
export async function languageOf(c: ApiContext, accountId: string): Promise<Lang> {
  const wished = c.req.header('accept-language')
  const asked = pickLang(undefined, wished, 'en')
  if (asked === pickLang(undefined, wished, 'zh-CN')) return asked
  const { issuerId } = c.get('issuer')
  const account = await inIssuer(c.get('ctx').db, issuerId, (tx) =>
    tx
      .selectFrom('account')
      .select('locale')
      .where('issuer_id', '=', issuerId)
      .where('account_id', '=', accountId)
      .executeTakeFirst(),
  )
  return account?.locale === 'en' ? 'en' : 'zh-CN'
}
