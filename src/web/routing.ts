import type { Context as HonoContext, Handler, Hono } from 'hono'
import { Refusal } from '../platform/errors.ts'
import type { Session } from '../holder/session.ts'
import type { PortalEnv } from './page.ts'
import { WebFault } from './web-fault.ts'

export type PortalContext = HonoContext<PortalEnv>
type PortalHandler = Handler<PortalEnv>

/** Routes of an address: what it does on GET and POST; everything else is a 405 with the methods it knows. */
export function at(
  app: Hono<PortalEnv>,
  path: string,
  handlers: { get?: PortalHandler; post?: PortalHandler },
): void {
  if (handlers.get) app.get(path, handlers.get)
  if (handlers.post) app.post(path, handlers.post)
  const allow = [handlers.get && 'GET, HEAD', handlers.post && 'POST'].filter(Boolean).join(', ')
  app.all(path, (c) => {
    c.header('Allow', allow)
    throw new WebFault('wrongMethod')
  })
}

/** The signed-in session. Throws Refusal holder/sign_in_needed, which a page answers with the sign-in page. */
export function sessionOf(c: PortalContext): Session {
  const session = c.get('session')
  if (!session) throw new Refusal('holder/sign_in_needed')
  return session
}

/** A text field of the form that was sent; a repeated or missing field is empty. */
export async function formText(c: PortalContext, name: string): Promise<string> {
  const value = (await c.req.parseBody())[name]
  return typeof value === 'string' ? value.slice(0, 1000) : ''
}

/** All values of a repeated field. */
export async function formTexts(c: PortalContext, name: string): Promise<string[]> {
  const value = (await c.req.parseBody({ all: true }))[name]
  const list = Array.isArray(value) ? value : [value]
  return list.filter((one): one is string => typeof one === 'string').slice(0, 500)
}

/**
 * Where to go after signing in: an address of this issuer's pages, never anything else; in the language that is read
 * now, also when it was wished for in the other.
 */
export function safeNext(c: PortalContext, wished: string | undefined): string {
  const { href, issuer } = c.get('page')
  const [, issuerId, path = ''] = /^\/([a-z0-9]+)\/(?:zh-CN|en)(\/[\w\-/?=&%.]*)$/.exec(wished ?? '') ?? []
  return issuerId === issuer.issuerId && !path.includes('//') ? href(path) : href('/cards')
}
