import { randomUUID } from 'node:crypto'
import type { Profile } from './es2plus-functions.ts'

/** SGP.22 v2.5, 5.3.5: the points of a download that an SM-DP+ reports, by notificationPointId. */
const POINTS = { eligibility: 1, confirmation_failure: 2, bpp_download: 3, bpp_installation: 4 } as const
export type Point = keyof typeof POINTS

export type Download = {
  iccid: string
  eid?: string
  /** Where the operator takes reports: the address before `/gsma/rsp2/es2plus/…`. */
  report: string
  /** The phone gives up there: this point is reported as failed, and none after it. */
  failsAt?: Point
  /** In this order, each as often as it stands here; as a phone passes them unless told. */
  points?: Point[]
}
/** What the operator's door answered to each report; 0 where it can't be reached. */
export type Reported = { point: Point; status: number }[]

const passed: Point[] = ['eligibility', 'bpp_download', 'bpp_installation']

/** A phone fetches the profile, and each point that it passes is reported over the network before it goes on. */
export async function downloadProfile(profile: Profile, download: Download): Promise<Reported> {
  if (profile.state !== 'Released' && profile.state !== 'Downloaded') return []
  if (download.eid !== undefined) profile.eid = download.eid
  const reported: Reported = []
  for (const point of download.points ?? passed) {
    const isPassed = point !== download.failsAt && point !== 'confirmation_failure'
    if (isPassed && point === 'bpp_download' && profile.state === 'Released') profile.state = 'Downloaded'
    if (isPassed && point === 'bpp_installation') profile.state = 'Installed'
    reported.push({ point, status: await report(profile, download, point, isPassed) })
    if (!isPassed) break
  }
  return reported
}

async function report(profile: Profile, to: Download, point: Point, isPassed: boolean): Promise<number> {
  const statusCodeData = { subjectCode: '8.1', reasonCode: '4.8', message: 'insufficient memory' }
  const answer = await fetch(`${to.report}/gsma/rsp2/es2plus/handleDownloadProgressInfo`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-admin-protocol': 'gsma/rsp/v2.5.0',
    },
    body: JSON.stringify({
      header: {
        functionRequesterIdentifier: '1.3.6.1.4.1.99999.2',
        functionCallIdentifier: randomUUID(),
      },
      // 10 octets, so that 19 digits are filled up (SGP.22 v2.5, 6.5.2).
      iccid: profile.iccid.padEnd(20, 'F'),
      ...(profile.eid === undefined ? {} : { eid: profile.eid }),
      profileType: 'travel',
      timestamp: new Date().toISOString().replace(/\.\d+/, ''),
      notificationPointId: POINTS[point],
      notificationPointStatus: isPassed
        ? { status: 'Executed-Success' }
        : { status: 'Failed', statusCodeData },
    }),
    signal: AbortSignal.timeout(5_000),
  }).catch(() => undefined)
  await answer?.arrayBuffer()
  return answer?.status ?? 0
}
