import { createRoute, z } from '@hono/zod-openapi'
import type { ApiApp } from '../api/api-env.ts'
import { onceForRoute } from '../api/once-for-route.ts'
import { idempotencyKey, jsonBody, postProblems, problems } from '../api/shapes.ts'
import { accountProblems, bankAccount } from '../closure/payout-api.ts'
import { countTry } from '../holder/rate-limits.ts'
import { mailAccountLink, nameOrderAccount, moneyToName } from './name-account.ts'
import { seenOrder, sessionOrOrder, underOrder } from './seen-order.ts'

const hidden = [
  'issuer/unknown',
  'holder/sign_in_needed',
  'holder/too_often',
  'order/no_such_order',
  'order/no_transfer_waits',
  'order/person_gone',
  'api/invalid_input',
] as const
const ofOrder = {
  method: 'post' as const,
  tags: ['Shop'],
  security: sessionOrOrder,
}

const nameAccount = createRoute({
  ...ofOrder,
  path: '/api/v1/issuers/{issuer}/orders/{number}/bank-account',
  operationId: 'nameOrderBankAccount',
  summary: 'Name the account that the money of an order is transferred to',
  description:
    "For an order that could not be delivered and whose money can't go back the way it came (`refund.route` is `bank_transfer`). The token of the order alone is not enough: who is not signed in as its buyer sends the `key` from our mail as well. It can be changed until the transfer is with the bank, is never answered back, and is forgotten once the money is there.",
  request: {
    params: underOrder,
    headers: idempotencyKey,
    body: jsonBody(
      bankAccount
        .extend({
          key: z
            .string()
            .regex(/^[\w-]{22}$/)
            .optional()
            .openapi({
              description: 'the last part of the address in our mail; not needed with a session of the buyer',
              example: '0123456789abcdefghijkl',
            }),
        })
        .openapi('OrderBankAccount'),
    ),
  },
  responses: {
    204: { description: 'noted; the address that ordered is told that one was named' },
    ...problems(...hidden, ...postProblems, ...accountProblems, 'order/account_link_needed'),
  },
})

const mailLink = createRoute({
  ...ofOrder,
  path: '/api/v1/issuers/{issuer}/orders/{number}/bank-account-link',
  operationId: 'mailOrderAccountLink',
  summary: 'Mail the link once more by which the account is named',
  description: 'It goes to the address that ordered, and nowhere else.',
  request: { params: underOrder, headers: idempotencyKey },
  responses: { 204: { description: 'on its way' }, ...problems(...hidden, ...postProblems) },
})

/** Where an order's money is transferred to. */
export function orderAccountApi(app: ApiApp): void {
  app.openapi(nameAccount, async (c) => {
    const ctx = c.get('ctx')
    const body = c.req.valid('json')
    const { order, session, caller } = await seenOrder(c, c.req.valid('param').number)
    await onceForRoute(c, {
      key: c.req.valid('header')['Idempotency-Key'],
      caller,
      body,
      act: async () => {
        await countTry(ctx, order.issuerId, [{ limit: 'attempt_per_client', who: c.get('client') }])
        const by = { holderIds: session?.holderIds ?? [], key: body.key }
        const waiting = await moneyToName(ctx, order, by)
        await nameOrderAccount(ctx, { ...order, waiting, iban: body.iban, name: body.name })
        return {}
      },
    })
    return c.body(null, 204)
  })

  app.openapi(mailLink, async (c) => {
    const { order, caller } = await seenOrder(c, c.req.valid('param').number)
    await onceForRoute(c, {
      key: c.req.valid('header')['Idempotency-Key'],
      caller,
      act: async () => {
        await mailAccountLink(c.get('ctx'), order, c.get('client'))
        return {}
      },
    })
    return c.body(null, 204)
  })
}
