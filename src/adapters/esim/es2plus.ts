import type { Answer } from '../answer.ts'
import {
  es2plusClient,
  functionCallIdentifier,
  type Es2plusClient,
  type Es2plusConfig,
} from './es2plus-client.ts'
import { CANCEL_ORDER_CODES, type FunctionExecutionStatus } from './es2plus-messages.ts'
import type { EsimPort, Retired, RetireRequest } from './port.ts'

/**
 * Retires profiles at an SM-DP+ by ES2+.CancelOrder (SGP.22 v2.5, 5.3.4) with the final state Unavailable:
 * the profile never returns to the stock, so the activation code printed on the card is dead for good.
 */
export function es2plusEsim(config: Es2plusConfig): EsimPort & { client: Es2plusClient } {
  const client = es2plusClient(config)
  return { client, retire: (request) => retire(client, request), close: () => client.close() }
}

async function retire(client: Es2plusClient, request: RetireRequest): Promise<Answer<Retired>> {
  const reply = await client.cancelOrder({
    key: request.key,
    iccid: request.iccid,
    eid: request.eid,
    matchingId: request.matchingId,
    finalProfileStatusIndicator: 'Unavailable',
  })
  if (reply.kind === 'unknown') return reply
  return judgeCancelOrder(reply.status, functionCallIdentifier(request.key))
}

/** What an execution status of CancelOrder means for the profile. */
export function judgeCancelOrder(status: FunctionExecutionStatus, reference: string): Answer<Retired> {
  const codes =
    status.statusCodeData && `${status.statusCodeData.subjectCode}/${status.statusCodeData.reasonCode}`
  const evidence = {
    provider: 'es2plus',
    reference,
    detail: { status: status.status, ...(codes === undefined ? {} : { codes }) },
  }
  if (status.status === 'Executed-Success' || status.status === 'Executed-WithWarning') {
    return { kind: 'done', evidence, value: { outcome: 'cancelled' } }
  }
  // Expired: the SM-DP+ ran out of the time it gives itself, which says nothing about what it did.
  if (status.status === 'Expired') return { kind: 'unknown', reason: 'expired_at_provider' }
  const verdict = codes === undefined ? undefined : CANCEL_ORDER_CODES[codes]
  // Busy, execution error, or a code of the vendor's own: not a no.
  if (verdict === undefined) return { kind: 'unknown', reason: `failed_${codes ?? 'without_code'}` }
  if (typeof verdict === 'string') return { kind: 'done', evidence, value: { outcome: verdict } }
  const reason = `the SM-DP+ refused to cancel the profile (${codes})`
  return { kind: 'refused', code: verdict.refused, reason, evidence }
}
