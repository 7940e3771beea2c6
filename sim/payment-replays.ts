import { createHash } from 'node:crypto'
import type { SimReply, SimRequest } from './http-server.ts'

/**
 * Stripe's idempotency (docs.stripe.com/api/idempotent_requests): the first answer under a key, good or bad,
 * is given again to the same request; another request under that key is an error. Kept 24 hours there, here
 * until `forget`.
 */
export function replayBook(): {
  answer(request: SimRequest, execute: () => SimReply): SimReply
  forget(): void
} {
  const answers = new Map<string, { digest: string; reply: SimReply }>()
  return {
    answer(request, execute) {
      const key = request.headers['idempotency-key']
      if (typeof key !== 'string') return execute()
      if (key.length > 255) return mismatch('Idempotency keys are at most 255 characters long')
      const digest = createHash('sha256').update(`${request.path}\n${request.body}`).digest('hex')
      const before = answers.get(key)
      if (before !== undefined) {
        if (before.digest !== digest) return mismatch('Keys can only be used with the same parameters')
        return { ...before.reply, headers: { ...before.reply.headers, 'idempotent-replayed': 'true' } }
      }
      const reply = execute()
      answers.set(key, { digest, reply: { ...reply, json: structuredClone(reply.json) } })
      return reply
    },
    forget: () => answers.clear(),
  }
}

function mismatch(message: string): SimReply {
  return { status: 400, json: { error: { type: 'idempotency_error', message } } }
}
