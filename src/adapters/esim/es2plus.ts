import type { Answer } from '../answer.ts'
import {
  es2plusClient,
  functionCallIdentifier,
  type Es2plusClient,
  type Es2plusConfig,
} from './es2plus-client.ts'
import {
  CANCEL_ORDER_CODES,
  CONFIRM_ORDER_CODES,
  DOWNLOAD_ORDER_CODES,
  type FunctionExecutionStatus,
} from './es2plus-messages.ts'
import type {
  Confirmed,
  ConfirmRequest,
  EsimPort,
  Ordered,
  OrderRequest,
  Retired,
  RetireRequest,
} from './port.ts'

/**
 * Takes profiles from an SM-DP+ by ES2+.DownloadOrder and ConfirmOrder, and retires them by ES2+.CancelOrder (SGP.22
 * v2.5, 5.3.1 to 5.3.3) with the final state Unavailable: the profile never returns to the stock, so the activation code
 * printed on the card is dead for good.
 */
export function es2plusEsim(
  config: Es2plusConfig & { smdpAddress?: string | undefined },
): EsimPort & { client: Es2plusClient } {
  const client = es2plusClient(config)
  const smdpAddress = config.smdpAddress ?? new URL(config.url).hostname
  return {
    client,
    order: (request) => order(client, request),
    confirm: (request) => confirm(client, smdpAddress, request),
    retire: (request) => retire(client, request),
    close: () => client.close(),
  }
}

/**
 * ES2+.DownloadOrder (5.3.1) without an ICCID: the SM-DP+ takes one of the type from its stock. An SM-DP+ that
 * forgets its calls may set a second profile aside when the first answer got lost: that one is never confirmed,
 * so nobody can download it.
 */
async function order(client: Es2plusClient, request: OrderRequest): Promise<Answer<Ordered>> {
  const reply = await client.downloadOrder({ key: request.key, profileType: request.profileType })
  if (reply.kind === 'unknown') return reply
  const { evidence, executed, codes } = verdictOf(reply.status, functionCallIdentifier(request.key))
  const iccid = reply.body.iccid?.replace(/F$/i, '')
  if (executed && iccid) return { kind: 'done', evidence, value: { iccid } }
  if (executed) return { kind: 'unknown', reason: 'unreadable_answer' }
  const verdict = codes === undefined ? undefined : DOWNLOAD_ORDER_CODES[codes]
  if (verdict === undefined) return notANo(reply.status, codes)
  return { kind: 'refused', code: verdict.refused, reason: `the SM-DP+ gave no profile (${codes})`, evidence }
}

/** ES2+.ConfirmOrder (5.3.2) with release: from here the profile waits for the phone. */
async function confirm(
  client: Es2plusClient,
  smdpAddress: string,
  request: ConfirmRequest,
): Promise<Answer<Confirmed>> {
  const { key, iccid, matchingId } = request
  const reply = await client.confirmOrder({ key, iccid, matchingId, releaseFlag: true })
  if (reply.kind === 'unknown') return reply
  const { evidence, executed, codes } = verdictOf(reply.status, functionCallIdentifier(key))
  if (executed && (reply.body.matchingId ?? matchingId) !== matchingId)
    return { kind: 'refused', code: 'matching_id_differs', reason: 'another matching id came back', evidence }
  const verdict = codes === undefined ? undefined : CONFIRM_ORDER_CODES[codes]
  if (!executed && verdict === undefined) return notANo(reply.status, codes)
  if (executed || (verdict?.orConfirmedBefore && request.askedBefore)) {
    const address = reply.body.smdpAddress || smdpAddress
    return { kind: 'done', evidence, value: { matchingId, smdpAddress: address } }
  }
  const reason = `the SM-DP+ did not confirm the profile (${codes})`
  return { kind: 'refused', code: verdict!.refused, reason, evidence }
}

/** Busy, an execution error, out of its own time, or a code of the vendor's: says nothing about what was done. */
function notANo(status: FunctionExecutionStatus, codes: string | undefined): Answer<never> {
  if (status.status === 'Expired') return { kind: 'unknown', reason: 'expired_at_provider' }
  return { kind: 'unknown', reason: `failed_${codes ?? 'without_code'}` }
}

function verdictOf(status: FunctionExecutionStatus, reference: string) {
  const codes =
    status.statusCodeData && `${status.statusCodeData.subjectCode}/${status.statusCodeData.reasonCode}`
  const evidence = {
    provider: 'es2plus',
    reference,
    detail: { status: status.status, ...(codes === undefined ? {} : { codes }) },
  }
  const executed = status.status === 'Executed-Success' || status.status === 'Executed-WithWarning'
  return { codes, evidence, executed }
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
  const { codes, evidence, executed } = verdictOf(status, reference)
  if (executed) return { kind: 'done', evidence, value: { outcome: 'cancelled' } }
  const verdict = codes === undefined ? undefined : CANCEL_ORDER_CODES[codes]
  if (verdict === undefined) return notANo(status, codes)
  if (typeof verdict === 'string') return { kind: 'done', evidence, value: { outcome: verdict } }
  const reason = `the SM-DP+ refused to cancel the profile (${codes})`
  return { kind: 'refused', code: verdict.refused, reason, evidence }
}
