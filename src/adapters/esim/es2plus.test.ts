import { afterEach, describe, expect, it } from 'vitest'
import { startSmDpPlusSim, type SmDpPlusOptions } from '../../../sim/sm-dp-plus.ts'
import { makeCertificates } from '../../../sim/certificates.ts'
import { esimConformance } from './conformance.ts'
import { parseDownloadProgress } from './download-progress.ts'
import { es2plusEsim, judgeCancelOrder } from './es2plus.ts'

const REQUESTER = '1.3.6.1.4.1.99999.1'
const STATES = { released: 'Released', downloaded: 'Downloaded', installed: 'Installed' } as const

async function pair(options: SmDpPlusOptions) {
  const sim = await startSmDpPlusSim({ unseenProfile: null, ...options })
  const port = es2plusEsim({ url: sim.url, functionRequesterIdentifier: REQUESTER, timeoutMs: 800 })
  return {
    port,
    world: {
      fail: (order: { mode: string; times?: number } | undefined) => sim.failures.set(order as never),
      async profile(iccid: string, state: keyof typeof STATES | 'unknown') {
        if (state === 'unknown') return
        const body = JSON.stringify([{ iccid, state: STATES[state] }])
        await fetch(`${sim.url}/sim/profiles`, { method: 'POST', body })
      },
      releases: (iccid: string) => sim.confirmations(iccid),
      retirements: (iccid: string) => sim.cancellations(iccid),
      stop: () => sim.stop(),
    },
  }
}

esimConformance('ES2+ against an SM-DP+ that keeps its calls', () => pair({}))
esimConformance('ES2+ against an SM-DP+ that forgets its calls', () => pair({ forgetsCalls: true }))

describe('ES2+', () => {
  const stops: (() => unknown)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })

  it('orders, confirms and releases a profile', async () => {
    const sim = await startSmDpPlusSim()
    const { client } = es2plusEsim({ url: sim.url, functionRequesterIdentifier: REQUESTER })
    stops.push(
      () => client.close(),
      () => sim.stop(),
    )
    const iccid = '8988303000000000033'
    const success = { kind: 'answered', status: { status: 'Executed-Success' } }
    expect(await client.downloadOrder({ key: 'k:1', iccid })).toMatchObject({ ...success, body: { iccid } })
    const confirmed = await client.confirmOrder({
      key: 'k:2',
      iccid,
      releaseFlag: false,
      matchingId: 'AB-12',
    })
    expect(confirmed).toMatchObject({ ...success, body: { matchingId: 'AB-12' } })
    expect(await client.releaseProfile({ key: 'k:3', iccid })).toMatchObject(success)
    expect(sim.profile(iccid)?.state).toBe('Released')
    const again = await client.releaseProfile({ key: 'k:4', iccid })
    expect(again).toMatchObject({ status: { statusCodeData: { subjectCode: '8.2.1', reasonCode: '3.5' } } })
  })

  it('proves itself by certificate, and a server of another authority is not talked to', async () => {
    const pki = await makeCertificates()
    const sim = await startSmDpPlusSim({ mutualTls: { ...pki.server, ca: pki.ca } })
    stops.push(() => sim.stop())
    const connect = (tls: object) => {
      const port = es2plusEsim({
        url: sim.url,
        functionRequesterIdentifier: REQUESTER,
        timeoutMs: 2_000,
        tls,
      })
      stops.push(() => port.close())
      return port.retire({ key: 'k:retire', iccid: '8988303000000000017' })
    }
    expect(await connect({ ca: pki.ca })).toMatchObject({ kind: 'unknown' })
    expect(await connect({ ...pki.client })).toEqual({ kind: 'unknown', reason: 'connection_failed' })
    expect(await connect({ ...pki.client, ca: pki.ca })).toMatchObject({ kind: 'done' })
  })

  it.each([
    [{ status: 'Executed-WithWarning' as const }, { kind: 'done', value: { outcome: 'cancelled' } }],
    [{ status: 'Expired' as const }, { kind: 'unknown' }],
    [{ status: 'Failed' as const }, { kind: 'unknown', reason: 'failed_without_code' }],
    [failed('1.2', '4.4'), { kind: 'unknown', reason: 'failed_1.2/4.4' }],
    [failed('8.2.6', '3.10'), { kind: 'refused', code: 'matching_id_differs' }],
    [failed('8.1.1', '3.10'), { kind: 'refused', code: 'eid_differs' }],
  ])('judges %j', (status, answer) => expect(judgeCancelOrder(status, 'ref')).toMatchObject(answer))
})

function failed(subjectCode: string, reasonCode: string) {
  return { status: 'Failed' as const, statusCodeData: { subjectCode, reasonCode } }
}

describe('HandleDownloadProgressInfo', () => {
  const body = {
    header: { functionRequesterIdentifier: '1.3.6.1.4.1.1', functionCallIdentifier: 'TX-567' },
    iccid: '8988303000000000017',
    eid: '89049032123451234512345678901235',
    profileType: 'LEB3',
    timestamp: '2026-11-22T10:00:00Z',
    notificationPointId: 4,
    notificationPointStatus: { status: 'Executed-Success' },
  }

  it('reads what was reached and with what result', () => {
    expect(parseDownloadProgress(body)).toMatchObject({
      iccid: body.iccid,
      point: 'installed',
      succeeded: true,
      functionCallIdentifier: 'TX-567',
    })
    const failing = { ...body, iccid: `${body.iccid}F`, notificationPointStatus: failed('8.2.10', '4.2') }
    expect(parseDownloadProgress(failing)).toMatchObject({ iccid: body.iccid, succeeded: false })
  })

  it.each([undefined, {}, { ...body, iccid: '12' }, { ...body, timestamp: 'yesterday' }])(
    'refuses %#',
    (bad) => {
      expect(parseDownloadProgress(bad)).toBeUndefined()
    },
  )
})
