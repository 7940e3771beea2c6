import { z } from 'zod'
import {
  ES2PLUS_ROOT,
  functionExecutionStatus,
  eid,
  iccid,
  type FunctionExecutionStatus,
} from './es2plus-messages.ts'

/** Where an SM-DP+ posts it on our side; answers carry the header `X-Admin-Protocol: gsma/rsp/v2.5.0`. */
export const DOWNLOAD_PROGRESS_PATH = `${ES2PLUS_ROOT}/handleDownloadProgressInfo`

/** SGP.22 v2.5, 5.3.5: the points of a download that the SM-DP+ reports. */
const NOTIFICATION_POINTS: Record<number, DownloadPoint> = {
  1: 'eligibility_checked',
  2: 'download_confirmed',
  3: 'package_downloaded',
  4: 'installed',
}
export type DownloadPoint =
  'eligibility_checked' | 'download_confirmed' | 'package_downloaded' | 'installed' | 'other'

export type DownloadProgress = {
  iccid: string
  eid?: string
  point: DownloadPoint
  /** Whether the point was passed; false when the device or the SM-DP+ reports a failure there. */
  succeeded: boolean
  /** As the SM-DP+ wrote it; its clock, not ours. */
  timestamp: string
  functionRequesterIdentifier: string
  functionCallIdentifier: string
}

const request = z.object({
  header: z.object({
    functionRequesterIdentifier: z.string().min(1).max(255),
    functionCallIdentifier: z.string().min(1).max(255),
  }),
  eid: eid.optional(),
  iccid,
  profileType: z.string().max(255),
  timestamp: z.iso.datetime({ offset: true }),
  notificationPointId: z.int().min(0).max(10_000),
  notificationPointStatus: functionExecutionStatus,
  resultData: z.string().max(100_000).optional(),
})

export type ParsedProgress =
  { ok: true; progress: DownloadProgress } | { ok: false; response: DownloadProgressResponse }
export type DownloadProgressResponse = { header: { functionExecutionStatus: FunctionExecutionStatus } }

/**
 * Reads an ES2+.HandleDownloadProgressInfo request. When it is malformed, `response` is the body to answer
 * with (HTTP 200, header `X-Admin-Protocol`), with 1.6/2.1: invalid input parameter of the function.
 */
export function parseDownloadProgress(body: unknown): ParsedProgress {
  const parsed = request.safeParse(body)
  if (!parsed.success) return { ok: false, response: failedWith('1.6', '2.1') }
  const { header, notificationPointStatus, ...info } = parsed.data
  return {
    ok: true,
    progress: {
      iccid: info.iccid,
      ...(info.eid === undefined ? {} : { eid: info.eid }),
      point: NOTIFICATION_POINTS[info.notificationPointId] ?? 'other',
      succeeded: notificationPointStatus.status.startsWith('Executed'),
      timestamp: info.timestamp,
      ...header,
    },
  }
}

/** The body to answer with when the progress was taken in. */
export function downloadProgressTaken(): DownloadProgressResponse {
  return { header: { functionExecutionStatus: { status: 'Executed-Success' } } }
}

/** The body to answer with when it was understood but cannot be taken: e.g. 8.2.1/3.9, no card has this ICCID. */
export function failedWith(subjectCode: string, reasonCode: string): DownloadProgressResponse {
  return {
    header: { functionExecutionStatus: { status: 'Failed', statusCodeData: { subjectCode, reasonCode } } },
  }
}
