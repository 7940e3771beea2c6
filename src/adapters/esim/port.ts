import type { Answer } from '../answer.ts'

export type RetireRequest = {
  /** Names this one piece of work for ever; holds nothing personal. */
  key: string
  iccid: string
  eid?: string | undefined
  matchingId?: string | undefined
}

export type Retired = {
  /**
   * - `cancelled`: the profile can no longer be downloaded by anyone;
   * - `on_device`: it was downloaded before. No operator can remove it from a phone (SGP.22 v2: only the
   *   holder deletes profiles); the line behind it is dead, and the holder is told how to delete it.
   */
  outcome: 'cancelled' | 'on_device'
}

export type OrderRequest = {
  /** Names this one piece of work for ever; holds nothing personal. */
  key: string
  /** What the SM-DP+ calls profiles of this sort; it takes one from its stock. */
  profileType: string
}
export type Ordered = { iccid: string }

export type ConfirmRequest = {
  key: string
  iccid: string
  /** Ours, so that an answer that got lost is no loss: `[0-9A-Z-]`, unguessable, for this profile only. */
  matchingId: string
  /** It was asked for under this key before, and the answer may have got lost: then in use means used by us. */
  askedBefore?: boolean
}
export type Confirmed = {
  matchingId: string
  /** Host name of the SM-DP+ where phones download: activation code `LPA:1$<smdpAddress>$<matchingId>`. */
  smdpAddress: string
}

/** Codes with which every vendor refuses an order; a vendor may add its own. */
export type OrderRefusal = 'no_profile_left' | 'profile_type_unknown' | 'profile_unknown' | 'profile_not_ours'

/** The eSIM profile behind a card. Asking again means calling the same function again with the same key. */
export type EsimPort = {
  /** Takes a profile out of the stock. Asked again with the same key, it is the same profile. */
  order(request: OrderRequest): Promise<Answer<Ordered>>
  /** Makes the profile ready for whoever has the matching id; from then on it can be downloaded once. */
  confirm(request: ConfirmRequest): Promise<Answer<Confirmed>>
  retire(request: RetireRequest): Promise<Answer<Retired>>
  close(): void
}
