import { createHash } from 'node:crypto'
import { HttpTimestampAuthority, PDF, type Signer } from '@libpdf/core'
import * as pkijs from 'pkijs'
import type { KeyStore, SealingKey } from '../adapters/keys/port.ts'
import { documentContent, type DocumentContent } from './content.ts'
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

const cmsSigner = (key: SealingKey): Signer => ({
  certificate: key.certificate,
  certificateChain: key.chain,
  keyType: 'EC',
  signatureAlgorithm: 'ECDSA',
  // CMS wants SEQUENCE { r, s } (RFC 5753), keys answer r‖s.
  sign: async (data) => {
    const raw = await key.sign(data)
    return new Uint8Array(pkijs.createCMSECDSASignature(new Uint8Array(raw).buffer))
  },
})

const CONTENTS_BYTES = 6144
const CONTENTS_BYTES_WITH_TIMESTAMP = 16384

/** PAdES B-B, or B-T where the key store names a time-stamping authority (ETSI EN 319 142-1). */
export const sealPdf = async (
  unsealed: Uint8Array,
  key: SealingKey,
  input: { now: Date; reason: string },
): Promise<Uint8Array> => {
  const pdf = await PDF.load(unsealed)
  const stamped = key.timestampUrl
    ? { level: 'B-T' as const, timestampAuthority: new HttpTimestampAuthority(key.timestampUrl) }
    : { level: 'B-B' as const }
  const { bytes } = await pdf.sign({
    signer: cmsSigner(key),
    signingTime: input.now,
    reason: input.reason,
    fieldName: 'Seal',
    estimatedSize: key.timestampUrl ? CONTENTS_BYTES_WITH_TIMESTAMP : CONTENTS_BYTES,
    ...stamped,
  })
  return bytes
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
