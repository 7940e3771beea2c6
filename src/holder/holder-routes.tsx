import { Hono } from 'hono'
import { validate as isUuid } from 'uuid'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { exportAccount } from '../privacy/export-person.ts'
import type { FieldFault } from '../web/components/form.tsx'
import { type CookieJar, dropCookie, readCookie, writeCookie } from '../web/cookies.ts'
import { formatMoment } from '../web/dates.ts'
import { type Page, type PortalEnv, standsAt } from '../web/page.ts'
import { refusalLine, refusalText } from '../web/refusal-texts.ts'
import { at, formText, type PortalContext, safeNext, sessionOf } from '../web/routing.ts'
import { code_lives_minutes, goodUntil } from './access-code.ts'
import { AccountPage } from './pages/account-page.tsx'
import { ChannelsPage } from './pages/channels-page.tsx'
import { CodePage } from './pages/code-page.tsx'
import { HomePage } from './pages/home-page.tsx'
import { SignInPage } from './pages/sign-in-page.tsx'
import { countTry } from './rate-limits.ts'
import { listAccounts, readAccounts } from './read-accounts.ts'
import { session_hours, signOut } from './session.ts'
import { requestSignInCode, signIn } from './sign-in.ts'

/** Signing in and out, the account's own page, and the pages anybody may read. */
export function holderRoutes(ctx: Context, jar: CookieJar): Hono<PortalEnv> {
  const app = new Hono<PortalEnv>()
  at(app, '/', { get: (c) => c.html(<HomePage page={c.get('page')} />) })
  at(app, '/help/official-channels', {
    get: (c) => c.html(<ChannelsPage page={c.get('page')} verifyAddress={`${ctx.config.publicUrl}/v/`} />),
  })
  at(app, '/account', {
    get: async (c) => {
      const { holderIds } = sessionOf(c)
      const page = c.get('page')
      return c.html(
        <AccountPage page={page} accounts={await readAccounts(ctx, page.issuer.issuerId, holderIds)} />,
      )
    },
  })
  at(app, '/account/:account/data.zip', { get: (c) => sendExport(ctx, c) })
  signInRoutes(app, ctx, jar)
  at(app, '/sign-out', {
    post: async (c) => {
      const { issuerId } = c.get('issuer')
      const token = readCookie(c, jar, 'session', issuerId)
      if (token) await signOut(ctx, issuerId, token)
      dropCookie(c, jar, 'session', issuerId)
      return c.redirect(c.get('page').href('/'), 303)
    },
  })
  return app
}

/** Everything we hold on the account's person, for whoever is signed in as that person. */
async function sendExport(ctx: Context, c: PortalContext): Promise<Response> {
  const { holderIds } = sessionOf(c)
  const { issuerId } = c.get('issuer')
  const accountId = c.req.param('account') ?? ''
  const own = await inIssuer(ctx.db, issuerId, (tx) => listAccounts(tx, issuerId, holderIds))
  const account = own.find((one) => one.account_id === accountId)
  if (!account) throw new Refusal('export/no_such_account')
  await countTry(ctx, issuerId, [{ limit: 'export_per_account', who: accountId }])
  const zip = await exportAccount(ctx, { issuerId, accountId })
  c.header('Content-Type', 'application/zip')
  c.header(
    'Content-Disposition',
    `attachment; filename="${issuerId}-${account.account_ref.replace(/[^\w-]/g, '_')}.zip"`,
  )
  return c.body(new Uint8Array(zip))
}

function signInRoutes(app: Hono<PortalEnv>, ctx: Context, jar: CookieJar): void {
  at(app, '/sign-in', {
    get: (c) => c.html(<SignInPage page={c.get('page')} next={safeNext(c, c.req.query('next'))} />),
    post: async (c) => {
      const page = c.get('page')
      const next = safeNext(c, await formText(c, 'next'))
      const email = await formText(c, 'email')
      const { lang: locale } = page
      const { issuerId } = page.issuer
      const asking = { issuerId, email, locale, otherwise: locale, client: c.get('client') }
      try {
        const { codeId } = await requestSignInCode(ctx, asking)
        const until = new Date(page.now.getTime() + code_lives_minutes * 60_000)
        const validUntil = formatMoment(until, page.lang, page.zone)
        return await c.html(<CodePage page={page} codeId={codeId} next={next} validUntil={validUntil} />)
      } catch (error) {
        const fault = fieldFault(c, error, 'email')
        c.status(422)
        return c.html(
          <SignInPage page={standsAt(page, signInHref(page, next))} {...{ next, email, fault }} />,
        )
      }
    },
  })
  at(app, '/sign-in/code', {
    get: async (c) => {
      const page = c.get('page')
      const { issuerId } = page.issuer
      const next = safeNext(c, c.req.query('next'))
      const codeId = c.req.query('code_id') ?? ''
      const until = isUuid(codeId) ? await goodUntil(ctx, { issuerId, codeId }) : undefined
      if (!until) return c.redirect(signInHref(page, next), 303)
      const validUntil = formatMoment(until, page.lang, page.zone)
      return c.html(<CodePage page={page} codeId={codeId} next={next} validUntil={validUntil} />)
    },
    post: async (c) => {
      const page = c.get('page')
      const { issuerId } = page.issuer
      const next = safeNext(c, await formText(c, 'next'))
      const codeId = await formText(c, 'code_id')
      try {
        if (!isUuid(codeId)) throw new Refusal('holder/code_wrong')
        const code = await formText(c, 'code')
        const { token } = await signIn(ctx, { issuerId, codeId, code, client: c.get('client') })
        writeCookie(c, jar, { kind: 'session', issuerId, value: token, lives_hours: session_hours })
        return c.redirect(next, 303)
      } catch (error) {
        const fault = fieldFault(c, error, 'code')
        c.status(422)
        return c.html(<CodePage page={page} codeId={codeId} next={next} fault={fault} />)
      }
    },
  })
}

const signInHref = (page: Page, next: string) => page.href(`/sign-in?next=${encodeURIComponent(next)}`)

/** A refusal that stands at this field, as the form shows it. Anything else is thrown on. */
export function fieldFault(c: PortalContext, error: unknown, field: string): FieldFault {
  if (!(error instanceof Refusal) || refusalText(error)?.field !== field) throw error
  return { field, text: refusalLine(error, c.get('lang')) }
}
