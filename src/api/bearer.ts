import type { MiddlewareHandler } from 'hono'
import { readSession, type Session } from '../holder/session.ts'
import { Refusal } from '../platform/errors.ts'
import type { ApiContext, ApiEnv } from './api-env.ts'
import { speakAs } from './language.ts'

/** Tokens come in the Authorization header only (RFC 6750, 2.1): no cookie, so no other site can speak for a person. */
export function bearerToken(c: ApiContext): string {
  return /^Bearer ([\w.-]{1,200})$/i.exec(c.req.header('authorization') ?? '')?.[1] ?? ''
}

/** Lets in who is signed in. Throws Refusal holder/sign_in_needed. */
export const signedIn: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const token = bearerToken(c)
  const session = token && (await readSession(c.get('ctx'), c.get('issuer').issuerId, token))
  if (!session) throw new Refusal('holder/sign_in_needed')
  c.set('session', session)
  speakAs(c, session.locale)
  c.set('sessionToken', token)
  await next()
}

/** The session of who sends a token, if anybody does. Throws Refusal holder/sign_in_needed for one that is none. */
export async function sessionIfAny(c: ApiContext): Promise<Session | undefined> {
  const token = bearerToken(c)
  if (token === '') return undefined
  const session = await readSession(c.get('ctx'), c.get('issuer').issuerId, token)
  if (!session) throw new Refusal('holder/sign_in_needed')
  speakAs(c, session.locale)
  return session
}

/** Names in the OpenAPI document. */
export const sessionOrNone: Record<string, string[]>[] = [{ session: [] }, {}]
export const needsSession: Record<string, string[]>[] = [{ session: [] }]
export const needsSessionOrClosure: Record<string, string[]>[] = [{ session: [] }, { closureAccess: [] }]
