import { downloadProfile, type Download, type Reported } from './download-progress.ts'
import {
  ES2PLUS_FUNCTIONS,
  failed,
  iccidsFrom,
  type Es2plusCall,
  type Profile,
  type ProfileState,
} from './es2plus-functions.ts'
import {
  startSimServer,
  tally,
  type SimOptions,
  type SimReply,
  type SimRequest,
  type SimServer,
} from './http-server.ts'

const ROOT = '/gsma/rsp2/es2plus/'

export type SmDpPlusSim = SimServer & {
  profile(iccid: string): Profile | undefined
  /** How often CancelOrder really changed the profile. */
  cancellations(iccid: string): number
  /** How often ConfirmOrder really released it. */
  confirmations(iccid: string): number
  /** How many profiles were taken out of the stock. */
  taken(): number
  /** A phone downloads a profile, and the operator is told how far it came. Nothing is told of one that can't be. */
  download(download: Download): Promise<Reported>
}

export type SmDpPlusOptions = SimOptions & {
  /** State of an ICCID never heard of before; `null` makes it unknown (8.2.1/3.9). Released unless told. */
  unseenProfile?: ProfileState | null
  /** A server that keeps no calls: a repeated CancelOrder then finds the profile Unavailable (8.2.1/3.7). */
  forgetsCalls?: boolean
  /** How many profiles are in stock; without end unless told. */
  stock?: number
}

/**
 * An SM-DP+ with the ES2+ JSON binding of SGP.22 v2.5. `POST /sim/profiles [{iccid, state, …}]` puts profiles,
 * `POST /sim/download {iccid, report, …}` has a phone fetch one (download-progress.ts).
 */
export async function startSmDpPlusSim(options: SmDpPlusOptions = {}): Promise<SmDpPlusSim> {
  const profiles = new Map<string, Profile>()
  const answered = new Map<string, SimReply>()
  const cancelled = tally()
  const confirmed = tally()
  // Two runs against one database must not meet in a number: cards keep it for ever.
  const nextIccid = iccidsFrom(Date.now() % 10_000_000_000)
  let taken = 0
  const unseen = options.unseenProfile === undefined ? 'Released' : options.unseenProfile
  const stock = {
    profiles,
    find(iccid: string) {
      if (!profiles.has(iccid) && unseen !== null) profiles.set(iccid, { iccid, state: unseen })
      return profiles.get(iccid)
    },
    take(profileType: string | undefined) {
      if (!profileType || taken >= (options.stock ?? Infinity)) return undefined
      taken += 1
      return nextIccid()
    },
    onConfirmed: (iccid: string) => confirmed.add(iccid),
    onCancelled: (iccid: string) => cancelled.add(iccid),
  }
  const handle = (request: SimRequest): SimReply => {
    const execute = request.path.startsWith(ROOT)
      ? ES2PLUS_FUNCTIONS[request.path.slice(ROOT.length)]
      : undefined
    if (execute === undefined || request.method !== 'POST') return { status: 404 }
    if (!/^gsma\/rsp\/v2\.\d+\.\d+$/.test(String(request.headers['x-admin-protocol'])))
      return failed('1.3', '3.1')
    const call = JSON.parse(request.body) as Es2plusCall
    if (!fitsSchema(request.path.slice(ROOT.length), call)) return { status: 400 }
    const id = call.header?.functionCallIdentifier
    if (!id || !call.header?.functionRequesterIdentifier) return failed('1.6', '2.2')
    const before = answered.get(`${request.path} ${id}`)
    if (before !== undefined && !options.forgetsCalls) return before
    const reply = execute(stock, call)
    answered.set(`${request.path} ${id}`, reply)
    return reply
  }
  const download = async (wanted: Download): Promise<Reported> => {
    const profile = stock.find(wanted.iccid)
    return profile === undefined ? [] : downloadProfile(profile, wanted)
  }
  const control = (request: SimRequest): SimReply | Promise<SimReply> | undefined => {
    if (request.path === '/sim/download') {
      return download(JSON.parse(request.body) as Download).then((json) => ({ status: 200, json }))
    }
    if (request.path !== '/sim/profiles') return undefined
    for (const profile of JSON.parse(request.body) as Profile[]) profiles.set(profile.iccid, profile)
    return { status: 204 }
  }
  const server = await startSimServer(
    {
      handle,
      refuse: () => failed('8.2.1', '1.2'),
      counts: () => ({ cancelled, confirmed }),
      state: () => ({ profiles: [...profiles.values()] }),
      control,
    },
    options,
  )
  return {
    ...server,
    profile: (iccid) => profiles.get(iccid),
    cancellations: (iccid) => cancelled.get(iccid),
    confirmations: (iccid) => confirmed.get(iccid),
    taken: () => taken,
    download,
  }
}

/** As far as SGP.22 v2.5, 6.5.2 gives patterns and lists for what an operator sends. */
function fitsSchema(name: string, call: Es2plusCall): boolean {
  if (call.iccid !== undefined && !/^\d{19,20}$/.test(call.iccid)) return false
  if (call.eid !== undefined && !/^\d{32}$/.test(call.eid)) return false
  const final = call.finalProfileStatusIndicator as string | undefined
  return name !== 'cancelOrder' || final === 'Available' || final === 'Unavailable'
}
