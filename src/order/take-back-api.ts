import { createRoute } from '@hono/zod-openapi'
import type { ApiApp } from '../api/api-env.ts'
import { onceForRoute } from '../api/once-for-route.ts'
import { idempotencyKey, json, postProblems, problems } from '../api/shapes.ts'
import { countTry } from '../holder/rate-limits.ts'
import { orderJson } from './order-json.ts'
import { orderShape } from './order-shapes.ts'
import { seenOrder, sessionOrOrder, underOrder } from './seen-order.ts'
import { takeBack } from './take-back.ts'

const back = createRoute({
  method: 'post',
  path: '/api/v1/issuers/{issuer}/orders/{number}/take-back',
  operationId: 'takeBackOrder',
  tags: ['Shop'],
  summary: 'Take back an order that is not paid',
  description:
    'The page where it could be paid is closed, and the order is `lapsed`, with `takenBackAt`. A payment that was faster wins: the order goes on (`order/not_to_take_back`). Money that comes later is given back by itself.',
  security: sessionOrOrder,
  request: { params: underOrder, headers: idempotencyKey },
  responses: {
    200: json(orderShape, 'the order, taken back'),
    ...problems(
      ...postProblems,
      'issuer/unknown',
      'holder/sign_in_needed',
      'holder/too_often',
      'order/no_such_order',
      'order/not_to_take_back',
      'order/take_back_unsure',
    ),
  },
})

/** Taking back what was ordered and not paid. */
export function takeBackApi(app: ApiApp): void {
  app.openapi(back, async (c) => {
    const ctx = c.get('ctx')
    const { order, caller } = await seenOrder(c, c.req.valid('param').number)
    await onceForRoute(c, {
      key: c.req.valid('header')['Idempotency-Key'],
      caller,
      act: async () => {
        await countTry(ctx, order.issuerId, [{ limit: 'attempt_per_client', who: c.get('client') }])
        await takeBack(ctx, order)
        return {}
      },
    })
    return c.json(orderJson(ctx, (await seenOrder(c, order.number)).order, c.get('lang')), 200)
  })
}
