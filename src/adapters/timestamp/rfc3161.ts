import { createHash, randomBytes } from 'node:crypto'
import * as asn1 from 'asn1js'
import * as pkijs from 'pkijs'
import type { Timestamp } from '../keys/port.ts'
import { readToken } from './token.ts'

export type Rfc3161Config = {
  url: string
  /** Hard limit for one exchange, in ms; 2 s unless told: a declaration waits for it. */
  timeoutMs?: number
  /** How long an authority that failed is left alone, in ms; a minute unless told. */
  pauseMs?: number
  /** Told in one stable word why a seal goes without a time stamp. */
  onTrouble?: (reason: string) => void
}

/** The place that a token has in a seal (slip/seal-pdf.ts). */
export const longest_token_bytes = 10_000
const longest_answer_bytes = 65_536
const SHA256 = '2.16.840.1.101.3.4.2.1'
// RFC 3161 2.4.2: granted, and granted with modifications.
const GRANTED = [0, 1]

/**
 * Time stamps of a time-stamping authority over HTTP (RFC 3161, 3.4). What it answers is checked before anybody gets it:
 * a token that is not over what was asked for would make a seal look changed. Answers undefined whenever it gets none,
 * and after that asks nobody for a while, so that an authority that is down costs a holder no time.
 */
export function rfc3161(config: Rfc3161Config): Timestamp {
  const { url, timeoutMs = 2_000, pauseMs = 60_000, onTrouble } = config
  let askFrom = 0
  return async (signature) => {
    if (performance.now() < askFrom) return undefined
    try {
      const asked = request(signature)
      const answer = await post(url, asked.der, timeoutMs)
      return await tokenOf(answer, signature, asked.nonce)
    } catch (error) {
      askFrom = performance.now() + pauseMs
      onTrouble?.(error instanceof NoTimestamp ? error.message : 'unreadable_answer')
      return undefined
    }
  }
}

class NoTimestamp extends Error {}

function request(signature: Uint8Array): { der: Uint8Array; nonce: asn1.Integer } {
  const hashedMessage = new asn1.OctetString({ valueHex: createHash('sha256').update(signature).digest() })
  // Positive, and in its shortest form.
  const random = randomBytes(8)
  random[0] = (random[0]! & 0x3f) | 0x40
  const nonce = new asn1.Integer({ valueHex: new Uint8Array(random).buffer })
  const hashAlgorithm = new pkijs.AlgorithmIdentifier({ algorithmId: SHA256 })
  const messageImprint = new pkijs.MessageImprint({ hashAlgorithm, hashedMessage })
  const made = new pkijs.TimeStampReq({ version: 1, messageImprint, nonce, certReq: true })
  return { der: new Uint8Array(made.toSchema().toBER()), nonce }
}

async function post(url: string, body: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
  const signal = AbortSignal.timeout(timeoutMs)
  const headers = { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' }
  try {
    const reply = await fetch(url, {
      method: 'POST',
      headers,
      body: Buffer.from(body),
      signal,
      redirect: 'error',
    })
    if (!reply.ok || !reply.body) throw new NoTimestamp(`status_${reply.status}`)
    const parts: Uint8Array[] = []
    let length = 0
    for await (const part of reply.body) {
      length += part.length
      if (length > longest_answer_bytes) throw new NoTimestamp('answer_too_large')
      parts.push(part)
    }
    return new Uint8Array(Buffer.concat(parts))
  } catch (error) {
    if (error instanceof NoTimestamp) throw error
    throw new NoTimestamp(signal.aborted ? 'timeout' : 'connection_failed')
  }
}

async function tokenOf(answer: Uint8Array, signature: Uint8Array, nonce: asn1.Integer): Promise<Uint8Array> {
  const { status, timeStampToken } = pkijs.TimeStampResp.fromBER(new Uint8Array(answer))
  if (!GRANTED.includes(status.status) || !timeStampToken) throw new NoTimestamp('refused')
  const der = new Uint8Array(timeStampToken.toSchema().toBER())
  const { info } = await readToken(der, signature)
  if (!info.nonce?.isEqual(nonce)) throw new NoTimestamp('nonce_differs')
  if (der.length > longest_token_bytes) throw new NoTimestamp('token_too_large')
  return der
}
