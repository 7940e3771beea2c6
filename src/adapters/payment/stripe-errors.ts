import Stripe from 'stripe'
import { ZodError } from 'zod'
import type { Answer } from '../answer.ts'
import { StripeCallFailed } from './stripe-http.ts'

/** docs.stripe.com/error-codes: a definite no about this payment, under the port's own names. */
const REFUSALS: Record<string, string> = {
  charge_already_refunded: 'already_refunded',
  charge_disputed: 'charged_back',
  refund_disputed_payment: 'charged_back',
  resource_missing: 'payment_unknown',
}

type NotDone = Exclude<Answer<never>, { kind: 'done' | 'pending' }>

/**
 * What an error of the stripe package means for the refund. Only an invalid-request error of the API is a no;
 * credentials, load, broken answers and broken connections leave it open. Stripe's messages are never passed
 * on: they may quote what was sent.
 */
export function judgeStripeError(error: unknown): NotDone {
  if (error instanceof ZodError) return { kind: 'unknown', reason: 'unreadable_answer' }
  if (error instanceof Stripe.errors.StripeConnectionError) {
    const cause = (error as { detail?: unknown }).detail
    return {
      kind: 'unknown',
      reason: cause instanceof StripeCallFailed ? cause.failure : 'connection_failed',
    }
  }
  if (!(error instanceof Stripe.errors.StripeError)) throw error
  const code = /^[a-z_]{1,60}$/.test(error.code ?? '') ? (error.code as string) : undefined
  const evidence = {
    provider: 'stripe',
    ...(error.requestId ? { reference: error.requestId } : {}),
    detail: { status: error.statusCode ?? null, code: code ?? null },
  }
  if (error.statusCode === 409 || code === 'lock_timeout') return { kind: 'unknown', reason: 'key_under_way' }
  if (error instanceof Stripe.errors.StripeIdempotencyError) {
    const reason = 'this key was used for another refund before'
    return { kind: 'refused', code: 'key_used_for_another_refund', reason, evidence }
  }
  if (error instanceof Stripe.errors.StripeInvalidRequestError && (error.statusCode ?? 0) < 429) {
    const known = error.param === 'expires_at' ? 'until_out_of_range' : REFUSALS[code ?? '']
    const reason = `the payment provider refused (${code ?? `HTTP ${error.statusCode}`})`
    return { kind: 'refused', code: known ?? 'provider_refused', reason, evidence }
  }
  return {
    kind: 'unknown',
    reason: error.statusCode === undefined ? 'unreadable_answer' : `status_${error.statusCode}`,
  }
}

/** Gives a refusal the name it has in this call: one error of Stripe's means different things to different calls. */
export function named(names: Record<string, string>): <T>(answer: Answer<T>) => Answer<T> {
  return (answer) => {
    const name = answer.kind === 'refused' ? names[answer.code] : undefined
    return name === undefined || answer.kind !== 'refused' ? answer : { ...answer, code: name }
  }
}
