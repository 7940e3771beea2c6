import type { Answer } from '../answer.ts'

/** What may be asked of the network for one line. `resume` undoes `suspend`; nothing undoes `terminate`. */
export type LineAction = 'suspend' | 'resume' | 'terminate'

export type LineOrder = {
  /** Names this one piece of work for ever; holds nothing personal. At most one order per key may exist. */
  key: string
  iccid: string
  msisdn?: string | undefined
  imsi?: string | undefined
}

export type LineDone = { action: LineAction }

/**
 * The network side of a card. Any call may be repeated with the same key: work already ordered is found,
 * not ordered again.
 */
export type LinePort = {
  suspend(order: LineOrder): Promise<Answer<LineDone>>
  resume(order: LineOrder): Promise<Answer<LineDone>>
  terminate(order: LineOrder): Promise<Answer<LineDone>>
  /**
   * How the work of this key stands. `unknown` with reason `no_order_with_this_key` means that nothing was
   * ordered: call the action again with the same key.
   */
  ask(question: { key: string; action: LineAction }): Promise<Answer<LineDone>>
  close(): void
}
