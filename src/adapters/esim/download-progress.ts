import { z } from 'zod'
import { ES2PLUS_ROOT, functionExecutionStatus, eid, iccid } from './es2plus-messages.ts'

/**
 * Where an SM-DP+ posts it on our side. It is a notification: the answer is 204 without a body, and carries the header
 * `X-Admin-Protocol: gsma/rsp/v2.5.0`; there is no execution status to give.
 */
export const DOWNLOAD_PROGRESS_PATH = `${ES2PLUS_ROOT}/handleDownloadProgressInfo`

/** SGP.22 v2.5, 5.3.5: the points of a download that the SM-DP+ reports. */
const NOTIFICATION_POINTS: Record<number, DownloadPoint> = {
  1: 'eligibility_checked',
  2: 'confirmation_failed',
  3: 'package_downloaded',
  4: 'installed',
}
export type DownloadPoint =
  'eligibility_checked' | 'confirmation_failed' | 'package_downloaded' | 'installed' | 'other'

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

/** Reads an ES2+.HandleDownloadProgressInfo request; undefined when it is malformed. */
export function parseDownloadProgress(body: unknown): DownloadProgress | undefined {
  const parsed = request.safeParse(body)
  if (!parsed.success) return undefined
  const { header, notificationPointStatus, ...info } = parsed.data
  return {
    iccid: info.iccid.replace(/F$/i, ''),
    ...(info.eid === undefined ? {} : { eid: info.eid }),
    point: NOTIFICATION_POINTS[info.notificationPointId] ?? 'other',
    succeeded: notificationPointStatus.status.startsWith('Executed'),
    timestamp: info.timestamp,
    ...header,
  }
}
