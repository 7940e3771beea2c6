import type http from 'node:http'
import Stripe from 'stripe'
import { rawCall, type CallFailure } from '../raw-call.ts'

/** A call that never got a usable answer; `failure` says why in one stable word. */
export class StripeCallFailed extends Error {
  readonly failure: CallFailure
  constructor(failure: CallFailure) {
    super(failure)
    this.failure = failure
  }
}

type Headers = Record<string, string | string[] | number>

/** The reply in the form that the stripe package reads; streams are never asked for by our calls. */
class StripeReply extends Stripe.HttpClientResponse {
  readonly #body: string
  constructor(status: number, headers: http.IncomingHttpHeaders, body: string) {
    super(status, headers as Headers as never)
    this.#body = body
  }
  override getRawResponse(): unknown {
    return this
  }
  override toJSON(): Promise<unknown> {
    return Promise.resolve().then(() => {
      const json: unknown = JSON.parse(this.#body)
      // The package looks into the answer without asking what it is; for it, this too is no JSON.
      if (typeof json !== 'object' || json === null) throw new SyntaxError('not an object')
      return json
    })
  }
}

/**
 * The stripe package's own client limits neither an answer's size nor the time of a whole exchange (its
 * time-out restarts with every byte), so its requests go through ours.
 */
export class LimitedStripeClient extends Stripe.HttpClient {
  readonly #agent: http.Agent
  readonly #maxBytes: number
  constructor(agent: http.Agent, maxBytes: number) {
    super()
    this.#agent = agent
    this.#maxBytes = maxBytes
  }
  override getClientName(): string {
    return 'leb'
  }
  override async makeRequest(
    host: string,
    port: string,
    path: string,
    method: string,
    headers: object,
    requestData: string,
    protocol: string,
    timeout: number,
  ): Promise<InstanceType<typeof Stripe.HttpClientResponse>> {
    const reply = await rawCall({
      agent: this.#agent,
      secure: protocol !== 'http',
      host,
      port,
      method,
      path,
      headers: headers as http.OutgoingHttpHeaders,
      body: requestData,
      timeoutMs: timeout,
      maxBytes: this.#maxBytes,
    })
    if (reply.kind === 'failed') throw new StripeCallFailed(reply.reason)
    return new StripeReply(reply.status, reply.headers, reply.body)
  }
}
