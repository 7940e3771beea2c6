import { randomUUID } from 'node:crypto'
import { luhnDigit } from '../src/card/iccid.ts'
import type { SimReply } from './http-server.ts'

/** SGP.22 v2.5, 3.1.6: the states of a profile that matter here. */
export type ProfileState =
  'Available' | 'Allocated' | 'Linked' | 'Confirmed' | 'Released' | 'Downloaded' | 'Installed' | 'Unavailable'
export type Profile = { iccid: string; eid?: string; matchingId?: string; state: ProfileState }

export type Es2plusCall = {
  header?: { functionRequesterIdentifier?: string; functionCallIdentifier?: string }
  iccid?: string
  eid?: string
  profileType?: string
  matchingId?: string
  releaseFlag?: boolean
  finalProfileStatusIndicator?: 'Available' | 'Unavailable'
}

export type ProfileStock = {
  /** An ICCID that no profile has yet; undefined when the stock of this type is empty. */
  take: (profileType: string | undefined) => string | undefined
  profiles: Map<string, Profile>
  /** Makes up a profile that was never heard of, where the simulator is told to. */
  find(iccid: string): Profile | undefined
  onConfirmed: (iccid: string) => void
  onCancelled: (iccid: string) => void
}

type Es2plusFunction = (stock: ProfileStock, call: Es2plusCall) => SimReply

/** The ES2+ functions that an operator calls (SGP.22 v2.5, 5.3.1 to 5.3.4), by path name. */
export const ES2PLUS_FUNCTIONS: Record<string, Es2plusFunction> = {
  downloadOrder({ profiles, take }, call) {
    const iccid = call.iccid ?? take(call.profileType)
    if (iccid === undefined) return failed('8.2.5', '3.7')
    const profile: Profile = profiles.get(iccid) ?? { iccid, state: 'Available' }
    if (profile.state !== 'Available') return failed('8.2.1', '3.3')
    const linked = call.eid === undefined ? {} : { eid: call.eid }
    profiles.set(iccid, { ...profile, ...linked, state: call.eid ? 'Linked' : 'Allocated' })
    return succeeded({ iccid })
  },
  confirmOrder({ profiles, onConfirmed }, call) {
    const profile = profiles.get(call.iccid ?? '')
    if (profile === undefined) return failed('8.2.1', '3.9')
    if (profile.state !== 'Allocated' && profile.state !== 'Linked') return failed('8.2.1', '3.3')
    profile.matchingId = call.matchingId ?? randomUUID().slice(0, 18).toUpperCase()
    profile.state = call.releaseFlag ? 'Released' : 'Confirmed'
    onConfirmed(profile.iccid)
    return succeeded({ matchingId: profile.matchingId, smdpAddress: 'sm-dp-plus.sim' })
  },
  releaseProfile({ profiles }, call) {
    const profile = profiles.get(call.iccid ?? '')
    if (profile === undefined) return failed('8.2.1', '3.9')
    if (profile.state !== 'Confirmed') return failed('8.2.1', '3.5')
    profile.state = 'Released'
    return succeeded({})
  },
  cancelOrder(stock, call) {
    const profile = stock.find(call.iccid ?? '')
    if (profile === undefined) return failed('8.2.1', '3.9')
    if (differs(profile.eid, call.eid)) return failed('8.1.1', '3.10')
    if (differs(profile.matchingId, call.matchingId)) return failed('8.2.6', '3.10')
    if (profile.state === 'Downloaded' || profile.state === 'Installed') return failed('8.2.1', '3.3')
    if (profile.state === 'Unavailable') return failed('8.2.1', '3.7')
    profile.state = call.finalProfileStatusIndicator ?? 'Available'
    stock.onCancelled(profile.iccid)
    return succeeded({})
  },
}

function differs(known: string | undefined, given: string | undefined): boolean {
  return known !== undefined && given !== undefined && known !== given
}

function succeeded(body: object): SimReply {
  return es2plusReply({ header: { functionExecutionStatus: { status: 'Executed-Success' } }, ...body })
}

export function failed(subjectCode: string, reasonCode: string): SimReply {
  const statusCodeData = { subjectCode, reasonCode, message: 'refused by the simulator' }
  return es2plusReply({ header: { functionExecutionStatus: { status: 'Failed', statusCodeData } } })
}

function es2plusReply(json: object): SimReply {
  return { status: 200, json, headers: { 'x-admin-protocol': 'gsma/rsp/v2.5.0' } }
}

/** ICCIDs of a made-up issuer, one after the other from a place of this simulator's own. */
export function iccidsFrom(start: number): () => string {
  let next = start
  return () => {
    const digits = `8988399${String(next++).padStart(11, '0')}`
    return digits + luhnDigit(digits)
  }
}
