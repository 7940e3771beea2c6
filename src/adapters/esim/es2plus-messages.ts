import { z } from 'zod'

/** SGP.22 v2.5, 6.5.1.1: the HTTP header that names the protocol, and the root of the ES2+ paths. */
export const ADMIN_PROTOCOL = 'gsma/rsp/v2.5.0'
export const ES2PLUS_ROOT = '/gsma/rsp2/es2plus'

const code = z.string().regex(/^\d+(\.\d+){0,4}$/)

/** SGP.22 v2.5, 5.2.6: what went wrong and with what; `message` may hold anything, so it is never repeated. */
export const statusCodeData = z.object({
  subjectCode: code,
  reasonCode: code,
  subjectIdentifier: z.string().max(500).optional(),
  message: z.string().max(2_000).optional(),
})
export type StatusCodeData = z.infer<typeof statusCodeData>

export const functionExecutionStatus = z.object({
  status: z.enum(['Executed-Success', 'Executed-WithWarning', 'Failed', 'Expired']),
  statusCodeData: statusCodeData.optional(),
})
export type FunctionExecutionStatus = z.infer<typeof functionExecutionStatus>

const responseHeader = z.object({ functionExecutionStatus })

export const iccid = z.string().regex(/^\d{18,19}[\dF]?$/)
export const eid = z.string().regex(/^\d{32}$/)
export const matchingId = z.string().regex(/^[0-9A-Z-]{0,255}$/)

/** Answers of the ES2+ functions (5.3.1 to 5.3.4); the body parts are present on success only. */
export const downloadOrderResponse = z.object({ header: responseHeader, iccid: iccid.optional() })
export const confirmOrderResponse = z.object({
  header: responseHeader,
  eid: eid.optional(),
  matchingId: matchingId.optional(),
  smdpAddress: z.string().max(255).optional(),
})
export const headerOnlyResponse = z.object({ header: responseHeader })

/**
 * Status codes of ES2+.CancelOrder that carry a decision (SGP.22 v2.5, 5.3.4 and 5.2.6), as
 * `subjectCode/reasonCode`. 8.2.1 is the profile's ICCID, 8.2.6 the Matching ID, 8.1.1 the EID.
 */
export const CANCEL_ORDER_CODES: Record<string, 'on_device' | 'cancelled' | { refused: string }> = {
  /** Already in use: the profile was downloaded, so there is no order left to cancel. */
  '8.2.1/3.3': 'on_device',
  /** Unavailable: the state that `finalProfileStatusIndicator: Unavailable` asks for is reached already. */
  '8.2.1/3.7': 'cancelled',
  '8.2.1/3.9': { refused: 'profile_unknown' },
  '8.2.1/1.2': { refused: 'profile_not_ours' },
  '8.2.1/3.10': { refused: 'eid_differs' },
  '8.1.1/3.10': { refused: 'eid_differs' },
  '8.1.1/3.9': { refused: 'eid_unknown' },
  '8.2.6/3.10': { refused: 'matching_id_differs' },
  '8.2.6/3.9': { refused: 'matching_id_unknown' },
  '8.2.6/3.8': { refused: 'matching_id_refused' },
  '8.2.1/2.1': { refused: 'request_malformed' },
  '8.2.1/2.2': { refused: 'request_malformed' },
  '1.6/2.1': { refused: 'request_malformed' },
  '1.6/2.2': { refused: 'request_malformed' },
}

/** Status codes of ES2+.DownloadOrder that carry a refusal (5.3.1). 8.2.5 is the profile type. */
export const DOWNLOAD_ORDER_REFUSALS: Record<string, string> = {
  '8.2.5/3.7': 'no_profile_left',
  '8.2.5/3.9': 'profile_type_unknown',
  '8.2.5/1.2': 'profile_not_ours',
  '8.2.1/1.2': 'profile_not_ours',
  '8.2.1/3.3': 'profile_in_use',
  '8.2.1/3.7': 'no_profile_left',
  '8.2.1/3.9': 'profile_unknown',
  '8.2.1/2.1': 'request_malformed',
  '8.2.1/2.2': 'request_malformed',
  '1.6/2.1': 'request_malformed',
  '1.6/2.2': 'request_malformed',
}

/**
 * Status codes of ES2+.ConfirmOrder that carry a decision (5.3.2). A profile in use is one that was confirmed
 * before: with a matching id of our own making only this key's earlier call can have done it.
 */
export const CONFIRM_ORDER_CODES: Record<string, 'confirmed' | { refused: string }> = {
  '8.2.1/3.3': 'confirmed',
  '8.2.1/3.9': { refused: 'profile_unknown' },
  '8.2.1/1.2': { refused: 'profile_not_ours' },
  '8.2.6/3.3': { refused: 'matching_id_in_use' },
  '8.2.6/3.10': { refused: 'matching_id_differs' },
  '8.2.1/2.1': { refused: 'request_malformed' },
  '8.2.1/2.2': { refused: 'request_malformed' },
  '1.6/2.1': { refused: 'request_malformed' },
  '1.6/2.2': { refused: 'request_malformed' },
}
