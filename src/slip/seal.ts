import { createHash } from 'node:crypto'
import type { KeyStore, SealingKey } from '../adapters/keys/port.ts'
import { documentContent, type DocumentContent } from './content.ts'
import { sealPdf } from './seal-pdf.ts'
import { typesetAside } from './typeset-aside.ts'

export type SealedDocument = {
  pdf: Uint8Array
  /** Hex, over the sealed PDF. */
  sha256: string
  /** Compact JWS, also attached to the PDF. */
  jws: string
}

const base64url = (bytes: string | Uint8Array): string => Buffer.from(bytes).toString('base64url')

/**
 * Compact JWS (RFC 7515) over the content, ES256, with the sealing certificate in `x5c`.
 * Put together here because the key may sit where only `sign` reaches it.
 */
export const signJws = async (content: DocumentContent, key: SealingKey): Promise<string> => {
  const header = {
    alg: 'ES256',
    typ: `leb-${content.kind}+jws`,
    kid: key.kid,
    x5c: [Buffer.from(key.certificate).toString('base64')],
  }
  const input = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(content))}`
  return `${input}.${base64url(await key.sign(Buffer.from(input)))}`
}

/**
 * Typesets and seals a slip or certificate under the issuer's present key.
 * Throws KeyStoreError, TypesetError, ZodError where the content is not one of the two documents.
 */
export const sealDocument = async (input: {
  content: DocumentContent
  keys: KeyStore
  issuerId: string
  now: Date
}): Promise<SealedDocument> => {
  const content = documentContent.parse(input.content)
  if (content.issuer.id !== input.issuerId)
    throw new Error('The content names another issuer than the one sealing')
  const key = await input.keys.sealing(input.issuerId)
  const jws = await signJws(content, key)
  const unsealed = await typesetAside(content, jws)
  const pdf = await sealPdf(unsealed, key, { now: input.now, reason: `${content.kind} ${content.number}` })
  return { pdf, sha256: createHash('sha256').update(pdf).digest('hex'), jws }
}
