import { OpenAPIHono } from '@hono/zod-openapi'
import { cardApi } from '../card/card-api.ts'
import { closureActsApi } from '../closure/closure-acts-api.ts'
import { closureApi } from '../closure/closure-api.ts'
import { declareApi } from '../closure/declare-api.ts'
import { declareUnsignedApi } from '../closure/declare-unsigned-api.ts'
import { payoutApi } from '../closure/payout-api.ts'
import { previewApi } from '../closure/preview-api.ts'
import { verifyApi } from '../closure/verify-api.ts'
import { accountApi } from '../holder/account-api.ts'
import { signInApi } from '../holder/sign-in-api.ts'
import { papersApi } from '../invoice/papers-api.ts'
import { issuerApi } from '../issuer/issuer-api.ts'
import { findIssuer } from '../issuer/issuer.ts'
import { statementApi } from '../ledger/statement-api.ts'
import { orderAccountApi } from '../order/order-account-api.ts'
import { orderApi } from '../order/order-api.ts'
import { ownOrdersApi } from '../order/own-orders-api.ts'
import { quoteApi } from '../order/quote-api.ts'
import { takeBackApi } from '../order/take-back-api.ts'
import { Refusal } from '../platform/errors.ts'
import { usageApi } from '../usage/usage-api.ts'
import type { ApiApp, ApiEnv } from './api-env.ts'
import { languageOfRequest } from './language.ts'
import { InvalidInput } from './invalid-input.ts'

/**
 * Every route of /api/v1, in the order of the OpenAPI document. They take their context from the request, so this
 * needs none: the document is made from the very routes that are served.
 */
export function apiRoutes(): ApiApp {
  const app: ApiApp = new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (result.success) return
      // What was validated comes along; the types of zod-openapi leave it out.
      const { data: given } = result as { data?: unknown }
      throw new InvalidInput(result.target, result.error.issues, given)
    },
  })
  app.use('/api/v1/issuers/:issuer/*', async (c, next) => {
    const issuerId = c.req.param('issuer')
    const issuer = /^[a-z][a-z0-9]{1,19}$/.test(issuerId)
      ? await findIssuer(c.get('ctx').db, issuerId)
      : undefined
    if (!issuer) throw new Refusal('issuer/unknown')
    c.set('issuer', issuer)
    c.set('lang', languageOfRequest(c))
    await next()
  })
  issuerApi(app)
  signInApi(app)
  accountApi(app)
  cardApi(app)
  papersApi(app)
  statementApi(app)
  orderApi(app)
  quoteApi(app)
  ownOrdersApi(app)
  orderAccountApi(app)
  takeBackApi(app)
  previewApi(app)
  declareApi(app)
  declareUnsignedApi(app)
  closureApi(app)
  closureActsApi(app)
  payoutApi(app)
  verifyApi(app)
  usageApi(app)
  refuseOtherMethods(app)
  return app
}

/** 405 with the methods an address does take. */
function refuseOtherMethods(app: ApiApp): void {
  const methods = new Map<string, string[]>()
  for (const { method, path } of app.routes)
    if (method !== 'ALL') methods.set(path, [...(methods.get(path) ?? []), method])
  for (const [path, known] of methods) {
    const allow = [...new Set(known)].flatMap((one) => (one === 'GET' ? ['GET', 'HEAD'] : [one])).join(', ')
    app.all(path, () => {
      throw new Refusal('api/wrong_method', { allow })
    })
  }
}
