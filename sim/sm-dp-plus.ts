import { randomUUID } from 'node:crypto'
import {
  startSimServer,
  tally,
  type SimOptions,
  type SimReply,
  type SimRequest,
  type SimServer,
} from './http-server.ts'

/** SGP.22 v2.5, 3.1.6: the states of a profile that matter here. */
type ProfileState =
  'Available' | 'Allocated' | 'Linked' | 'Confirmed' | 'Released' | 'Downloaded' | 'Installed' | 'Unavailable'
type Profile = { iccid: string; eid?: string; matchingId?: string; state: ProfileState }
type Call = {
  header?: { functionRequesterIdentifier?: string; functionCallIdentifier?: string }
  iccid?: string
  eid?: string
  matchingId?: string
  releaseFlag?: boolean
  finalProfileStatusIndicator?: 'Available' | 'Unavailable'
}

const ROOT = '/gsma/rsp2/es2plus/'
const SUCCESS = { status: 'Executed-Success' }

export type SmDpPlusSim = SimServer & {
  profile(iccid: string): Profile | undefined
  /** How often CancelOrder really changed the profile. */
  cancellations(iccid: string): number
}

export type SmDpPlusOptions = SimOptions & {
  /** State of an ICCID never heard of before; `null` makes it unknown (8.2.1/3.9). Released unless told. */
  unseenProfile?: ProfileState | null
  /** A server that keeps no calls: a repeated CancelOrder then finds the profile Unavailable (8.2.1/3.7). */
  forgetsCalls?: boolean
}

/** An SM-DP+ with the ES2+ JSON binding of SGP.22 v2.5. */
export async function startSmDpPlusSim(options: SmDpPlusOptions = {}): Promise<SmDpPlusSim> {
  const profiles = new Map<string, Profile>()
  const answered = new Map<string, SimReply>()
  const cancelled = tally()
  const unseen = options.unseenProfile === undefined ? 'Released' : options.unseenProfile

  const find = (iccid: string): Profile | undefined => {
    const known = profiles.get(iccid)
    if (known !== undefined || unseen === null) return known
    const created: Profile = { iccid, state: unseen }
    profiles.set(iccid, created)
    return created
  }
  const functions: Record<string, (call: Call) => SimReply> = {
    downloadOrder(call) {
      const iccid = call.iccid ?? `8988${String(profiles.size).padStart(15, '0')}`
      const profile: Profile = profiles.get(iccid) ?? { iccid, state: 'Available' }
      if (profile.state !== 'Available') return failed('8.2.1', '3.3')
      profiles.set(iccid, {
        ...profile,
        ...(call.eid ? { eid: call.eid } : {}),
        state: call.eid ? 'Linked' : 'Allocated',
      })
      return ok({ iccid })
    },
    confirmOrder(call) {
      const profile = profiles.get(call.iccid ?? '')
      if (profile === undefined) return failed('8.2.1', '3.9')
      if (profile.state !== 'Allocated' && profile.state !== 'Linked') return failed('8.2.1', '3.3')
      profile.matchingId = call.matchingId ?? randomUUID().slice(0, 18).toUpperCase()
      profile.state = call.releaseFlag ? 'Released' : 'Confirmed'
      return ok({ matchingId: profile.matchingId, smdpAddress: 'sm-dp-plus.sim' })
    },
    releaseProfile(call) {
      const profile = profiles.get(call.iccid ?? '')
      if (profile === undefined) return failed('8.2.1', '3.9')
      if (profile.state !== 'Confirmed') return failed('8.2.1', '3.5')
      profile.state = 'Released'
      return ok({})
    },
    cancelOrder(call) {
      const profile = find(call.iccid ?? '')
      if (profile === undefined) return failed('8.2.1', '3.9')
      if (profile.eid && call.eid && profile.eid !== call.eid) return failed('8.1.1', '3.10')
      if (profile.matchingId && call.matchingId && profile.matchingId !== call.matchingId)
        return failed('8.2.6', '3.10')
      if (profile.state === 'Downloaded' || profile.state === 'Installed') return failed('8.2.1', '3.3')
      if (profile.state === 'Unavailable') return failed('8.2.1', '3.7')
      profile.state = call.finalProfileStatusIndicator ?? 'Available'
      cancelled.add(profile.iccid)
      return ok({})
    },
  }
  const handle = (request: SimRequest): SimReply => {
    const execute = request.path.startsWith(ROOT) ? functions[request.path.slice(ROOT.length)] : undefined
    if (execute === undefined || request.method !== 'POST') return { status: 404 }
    if (!String(request.headers['x-admin-protocol']).startsWith('gsma/rsp/v2.')) return failed('1.3', '3.1')
    const call = JSON.parse(request.body) as Call
    const id = call.header?.functionCallIdentifier
    if (!id || !call.header?.functionRequesterIdentifier) return failed('1.6', '2.2')
    const before = answered.get(`${request.path} ${id}`)
    if (before !== undefined && !options.forgetsCalls) return before
    const reply = execute(call)
    answered.set(`${request.path} ${id}`, reply)
    return reply
  }
  const control = (request: SimRequest): SimReply | undefined => {
    if (request.path !== '/sim/profiles') return undefined
    for (const profile of JSON.parse(request.body) as Profile[]) profiles.set(profile.iccid, profile)
    return { status: 204 }
  }
  const server = await startSimServer(
    {
      handle,
      refuse: () => failed('8.2.1', '1.2'),
      counts: () => ({ cancelled }),
      state: () => ({ profiles: [...profiles.values()] }),
      control,
    },
    options,
  )
  return {
    ...server,
    profile: (iccid) => profiles.get(iccid),
    cancellations: (iccid) => cancelled.get(iccid),
  }
}

function ok(body: object): SimReply {
  return es2plus({ header: { functionExecutionStatus: SUCCESS }, ...body })
}

function failed(subjectCode: string, reasonCode: string): SimReply {
  const statusCodeData = { subjectCode, reasonCode, message: 'refused by the simulator' }
  return es2plus({ header: { functionExecutionStatus: { status: 'Failed', statusCodeData } } })
}

function es2plus(json: object): SimReply {
  return { status: 200, json, headers: { 'x-admin-protocol': 'gsma/rsp/v2.5.0' } }
}
