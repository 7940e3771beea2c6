import { createRoute, z } from '@hono/zod-openapi'
import type { ApiApp, ApiContext } from '../api/api-env.ts'
import { needsSessionOrClosure } from '../api/bearer.ts'
import { onceForRoute } from '../api/once-for-route.ts'
import { code, idempotencyKey, jsonBody, postProblems, problems, underClosure } from '../api/shapes.ts'
import { countTry } from '../holder/rate-limits.ts'
import { closureFor } from './closure-access.ts'
import { askForNewCode, proveIdentity } from './prove-identity.ts'
import { readClosure } from './read-closure.ts'
import { undoClosure } from './undo.ts'

const hidden = [
  'issuer/unknown',
  'holder/sign_in_needed',
  'closure/no_such_closure',
  'closure/already_undone',
  'api/invalid_input',
  'api/key_missing',
  'api/key_reused',
  'api/key_in_progress',
] as const
const request = { params: underClosure, headers: idempotencyKey }
const forClosure = { tags: ['Closures'], security: needsSessionOrClosure, method: 'post' as const }

const sendCode = createRoute({
  ...forClosure,
  path: '/api/v1/issuers/{issuer}/closures/{number}/identify-codes',
  operationId: 'sendIdentifyCode',
  summary: 'Send a new code to the contact the account already has',
  description: 'Does nothing when the closure is identified already.',
  request,
  responses: { 202: { description: 'a code is on its way' }, ...problems(...hidden, 'holder/too_often') },
})

const prove = createRoute({
  ...forClosure,
  path: '/api/v1/issuers/{issuer}/closures/{number}/identity',
  operationId: 'proveIdentity',
  summary: 'Prove with the mailed code who declared it: the closing begins',
  request: { ...request, body: jsonBody(z.strictObject({ code }).openapi('IdentityProof')) },
  responses: {
    204: { description: 'proved' },
    ...problems(
      ...hidden,
      ...postProblems,
      'closure/code_wrong',
      'closure/code_expired',
      'closure/code_used',
      'closure/code_too_many',
      'holder/too_often',
    ),
  },
})

const undo = createRoute({
  ...forClosure,
  path: '/api/v1/issuers/{issuer}/closures/{number}/undo',
  operationId: 'undoClosure',
  summary: 'Undo the closure, until money is sent or the line is cut',
  request,
  responses: {
    204: { description: 'undone; the card works again' },
    ...problems(...hidden, 'closure/past_return'),
  },
})

/** What the holder does to a closure that is declared. */
export function closureActsApi(app: ApiApp): void {
  app.openapi(sendCode, async (c) => {
    const ctx = c.get('ctx')
    const { view, caller } = await closureFor(c, c.req.valid('param').number)
    const act = async () => {
      await askForNewCode(ctx, view, c.get('client'))
      return {}
    }
    await onceForRoute(c, { key: c.req.valid('header')['Idempotency-Key'], caller, act })
    return c.body(null, 202)
  })

  app.openapi(prove, async (c) => {
    const ctx = c.get('ctx')
    const body = c.req.valid('json')
    const { view, caller, as } = await closureFor(c, c.req.valid('param').number)
    await onceForRoute(c, {
      key: c.req.valid('header')['Idempotency-Key'],
      caller,
      body,
      act: async () => {
        await countTry(ctx, view.issuerId, [{ limit: 'attempt_per_client', who: c.get('client') }])
        await proveIdentity(ctx, { ...view, code: body.code, by: as })
        return {}
      },
      recover: async (refusal) =>
        refusal.code === 'closure/code_used' && (await hasLeft(c, view, 'declared')) ? {} : undefined,
    })
    return c.body(null, 204)
  })

  app.openapi(undo, async (c) => {
    const { view, caller } = await closureFor(c, c.req.valid('param').number)
    await onceForRoute(c, {
      key: c.req.valid('header')['Idempotency-Key'],
      caller,
      act: async () => {
        await undoClosure(c.get('ctx'), view)
        return {}
      },
      recover: async (refusal) => (refusal.code === 'closure/already_undone' ? {} : undefined),
    })
    return c.body(null, 204)
  })
}

type Place = { issuerId: string; closureId: string }
async function hasLeft(c: ApiContext, place: Place, state: string): Promise<boolean> {
  const now = await readClosure(c.get('ctx'), place)
  return now !== undefined && now.state !== state
}
