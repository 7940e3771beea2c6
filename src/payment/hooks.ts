import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { hearStripeEvent } from '../adapters/payment/stripe-events.ts'
import { findIssuer, type Issuer } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { readSecret } from '../platform/env.ts'
import { SetupError } from '../platform/errors.ts'
import { errorFields } from '../platform/log.ts'
import { noteEvent } from './note-event.ts'

const body_limit_bytes = 256 * 1024

/** True for addresses that makePaymentHooks answers. */
export function isHookPath(pathname: string): boolean {
  return pathname.startsWith('/hooks/')
}

/**
 * `POST /hooks/stripe/{issuer}`: where Stripe tells what happened. On the public listener and not at the providers'
 * door, because that door may ask for a client certificate, which Stripe hasn't: here the signature lets in
 * (docs/adr/0013-webhooks-at-the-public-door.md). The answer says nothing about what was found.
 */
export function makePaymentHooks(ctx: Context): Hono {
  const app = new Hono()
  app.onError((error, c) => {
    // Stripe comes again for three days; until then the operator has to mend it.
    const setUp = error instanceof SetupError ? { reason: error.message } : errorFields(error)
    ctx.log.error('a webhook could not be taken', setUp)
    return c.json({ error: 'ours, not yours' }, 503)
  })
  app.use(bodyLimit({ maxSize: body_limit_bytes, onError: (c) => c.json({ error: 'too large' }, 413) }))
  app.post('/hooks/stripe/:issuer', async (c) => {
    const issuerId = c.req.param('issuer')
    const issuer = /^[a-z][a-z0-9]{1,19}$/.test(issuerId) ? await findIssuer(ctx.db, issuerId) : undefined
    const secrets = issuer && stripeSecrets(issuer)
    if (!secrets) return c.notFound()
    const heard = hearStripeEvent({
      body: Buffer.from(await c.req.arrayBuffer()).toString('utf8'),
      signature: c.req.header('stripe-signature'),
      secrets,
      now: ctx.clock.now(),
    })
    if (!heard.ok) {
      ctx.log.warn('a webhook was refused', { issuer: issuerId, reason: heard.why })
      return c.json({ error: heard.why === 'forged' ? 'signature' : 'unreadable' }, 400)
    }
    await noteEvent(ctx, issuerId, heard.event)
    return c.json({ received: true })
  })
  app.notFound((c) => c.json({ error: 'nothing here' }, 404))
  return app
}

/** Throws SetupError when a variable that the settings name is missing. */
function stripeSecrets(issuer: Issuer): string[] | undefined {
  return issuer.providers.payment.webhookSecrets?.map((name) => readSecret(name))
}
