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

/** The eSIM profile behind a card. Asking again means calling `retire` again with the same key. */
export type EsimPort = {
  retire(request: RetireRequest): Promise<Answer<Retired>>
  close(): void
}
