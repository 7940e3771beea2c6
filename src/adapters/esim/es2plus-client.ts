import { createHash } from 'node:crypto'
import type { z } from 'zod'
import { openJsonConnection, type JsonConnection, type JsonConnectionConfig } from '../json-call.ts'
import {
  ADMIN_PROTOCOL,
  confirmOrderResponse,
  downloadOrderResponse,
  ES2PLUS_ROOT,
  headerOnlyResponse,
  type FunctionExecutionStatus,
} from './es2plus-messages.ts'

export type Es2plusConfig = JsonConnectionConfig & {
  /** The operator's own identifier at the SM-DP+, normally an OID (SGP.22 v2.5, 6.5.1.3, JSON request header). */
  functionRequesterIdentifier: string
}

/** `answered` carries the SM-DP+'s own verdict; `unknown` means that nobody knows whether it executed. */
export type Es2plusReply<T> =
  | { kind: 'answered'; status: FunctionExecutionStatus; body: T; at?: string }
  | { kind: 'unknown'; reason: string }

type DownloadOrder = { key: string; eid?: string; iccid?: string; profileType?: string }
type ConfirmOrder = {
  key: string
  iccid: string
  eid?: string
  matchingId?: string
  confirmationCode?: string
  smdsAddress?: string
  releaseFlag: boolean
}
type CancelOrder = {
  key: string
  iccid: string
  eid?: string | undefined
  matchingId?: string | undefined
  finalProfileStatusIndicator: 'Available' | 'Unavailable'
}

export type Es2plusClient = {
  downloadOrder(order: DownloadOrder): Promise<Es2plusReply<z.infer<typeof downloadOrderResponse>>>
  confirmOrder(order: ConfirmOrder): Promise<Es2plusReply<z.infer<typeof confirmOrderResponse>>>
  cancelOrder(order: CancelOrder): Promise<Es2plusReply<z.infer<typeof headerOnlyResponse>>>
  releaseProfile(order: {
    key: string
    iccid: string
  }): Promise<Es2plusReply<z.infer<typeof headerOnlyResponse>>>
  close(): void
}

/**
 * The operator's side of ES2+ (SGP.22 v2.5, 5.3, JSON binding 6.5). Every call carries the same
 * functionCallIdentifier for the same key, so that an SM-DP+ that keeps its calls answers a repetition alike.
 */
export function es2plusClient(config: Es2plusConfig): Es2plusClient {
  const connection = openJsonConnection(config)
  const caller =
    <
      I extends { key: string },
      S extends z.ZodType<{ header: { functionExecutionStatus: FunctionExecutionStatus } }>,
    >(
      name: string,
      schema: S,
    ) =>
    ({ key, ...parameters }: I) =>
      callFunction(connection, config.functionRequesterIdentifier, name, key, parameters, schema)
  return {
    downloadOrder: caller<DownloadOrder, typeof downloadOrderResponse>(
      'downloadOrder',
      downloadOrderResponse,
    ),
    confirmOrder: caller<ConfirmOrder, typeof confirmOrderResponse>('confirmOrder', confirmOrderResponse),
    cancelOrder: caller<CancelOrder, typeof headerOnlyResponse>('cancelOrder', headerOnlyResponse),
    releaseProfile: caller<{ key: string; iccid: string }, typeof headerOnlyResponse>(
      'releaseProfile',
      headerOnlyResponse,
    ),
    close: () => connection.close(),
  }
}

/** A short name for the key, since some SM-DP+ limit the identifier's length: 32 hex digits of SHA-256. */
export function functionCallIdentifier(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 32)
}

async function callFunction<
  S extends z.ZodType<{ header: { functionExecutionStatus: FunctionExecutionStatus } }>,
>(
  connection: JsonConnection,
  functionRequesterIdentifier: string,
  name: string,
  key: string,
  parameters: object,
  schema: S,
): Promise<Es2plusReply<z.infer<S>>> {
  const header = { functionRequesterIdentifier, functionCallIdentifier: functionCallIdentifier(key) }
  const reply = await connection.call('POST', `${ES2PLUS_ROOT}/${name}`, {
    body: { header, ...parameters },
    headers: { 'x-admin-protocol': ADMIN_PROTOCOL, 'user-agent': 'gsma-rsp-leb' },
  })
  if (reply.kind === 'failed') return { kind: 'unknown', reason: reply.reason }
  // The function's verdict always comes with HTTP 200 (6.5.1.4); any other status is about the transport.
  if (reply.status !== 200) return { kind: 'unknown', reason: `status_${reply.status}` }
  const body = schema.safeParse(reply.json)
  if (!body.success) return { kind: 'unknown', reason: 'unreadable_answer' }
  return { kind: 'answered', status: body.data.header.functionExecutionStatus, body: body.data }
}
