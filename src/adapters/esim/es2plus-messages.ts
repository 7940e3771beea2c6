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

export const iccid = z.string().regex(/^\d{18,19}[\dFf]?$/)
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

/*
 * Status codes as `subjectCode/reasonCode` (SGP.22 v2.5, 5.2.6): 8.1.1 is the EID, 8.2.1 the profile's ICCID, 8.2.5 its
 * type, 8.2.6 the matching id; 1.2 not allowed, 2.x malformed, 3.3 in use, 3.7 unavailable, 3.8 refused, 3.9 unknown,
 * 3.10 belongs to another. Held against the tables that lpac and Android's eSIM tools carry; what those do not list for
 * ES2+ says so. A code that is in none of these maps leaves the question open.
 */

const malformed = Object.fromEntries(
  ['1.6/2.1', '1.6/2.2', '8.1.1/2.2', '8.2.1/2.1', '8.2.1/2.2', '8.2.6/2.1', '8.2.6/2.2'].map((codes) => [
    codes,
    { refused: 'request_malformed' },
  ]),
)
const notForUs = {
  '8.2.1/1.2': { refused: 'profile_not_ours' },
  '8.2.1/3.9': { refused: 'profile_unknown' },
  '8.2.1/3.10': { refused: 'eid_differs' },
  '8.1.1/3.10': { refused: 'eid_differs' },
  '8.1.1/3.9': { refused: 'eid_unknown' },
  '8.2.6/3.10': { refused: 'matching_id_differs' },
  /** Not listed for ES2+, and clear all the same: SM-DP+s answer with it when they know no such order. */
  '8.2.6/3.8': { refused: 'matching_id_refused' },
  '8.2.6/3.9': { refused: 'matching_id_unknown' },
}

/** ES2+.CancelOrder (5.3.3). */
export const CANCEL_ORDER_CODES: Record<string, 'on_device' | 'cancelled' | { refused: string }> = {
  ...malformed,
  ...notForUs,
  /** The profile was downloaded already, so there is no order left to cancel. */
  '8.2.1/3.3': 'on_device',
  /** Not listed: the state that `finalProfileStatusIndicator: Unavailable` asks for is reached already. */
  '8.2.1/3.7': 'cancelled',
}

/** ES2+.DownloadOrder (5.3.1). */
export const DOWNLOAD_ORDER_CODES: Record<string, { refused: string }> = {
  ...malformed,
  ...notForUs,
  '8.2.1/3.3': { refused: 'profile_in_use' },
  '8.2.5/1.2': { refused: 'profile_not_ours' },
  '8.2.5/3.7': { refused: 'no_profile_left' },
  '8.2.5/3.8': { refused: 'profile_type_differs' },
  '8.2.5/3.9': { refused: 'profile_type_unknown' },
}

/**
 * ES2+.ConfirmOrder (5.3.2). A profile that is not available, or a matching id that is in use: where this was asked
 * before and the answer got lost, it is our own doing, for the matching id is unguessable and for this profile only.
 */
export const CONFIRM_ORDER_CODES: Record<string, { refused: string; orConfirmedBefore?: true }> = {
  ...malformed,
  ...notForUs,
  '8.2.1/3.3': { refused: 'profile_in_use', orConfirmedBefore: true },
  '8.2.6/3.3': { refused: 'matching_id_in_use', orConfirmedBefore: true },
}
