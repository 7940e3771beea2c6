import { createHash } from 'node:crypto'
import { KeyStoreError, type KeyStore, type SealingKey } from '../adapters/keys/port.ts'
import { x509 } from '../adapters/keys/x509.ts'
import { documentContent, type DocumentContent } from './content.ts'
import { sealPdf } from './seal-pdf.ts'
import { speaksFor } from './speaks-for.ts'
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

type Named = Pick<DocumentContent['issuer'], 'id' | 'name'>

const read = new WeakMap<SealingKey, x509.X509Certificate>()

/** What nobody would hold for genuine is not sealed. Throws KeyStoreError `operator_key_unusable`. */
export const mustSpeakFor = (key: SealingKey, issuer: Named): void => {
  const certificate = read.get(key) ?? new x509.X509Certificate(new Uint8Array(key.certificate))
  read.set(key, certificate)
  if (speaksFor(certificate, issuer)) return
  throw new KeyStoreError(
    'operator_key_unusable',
    `the certificate of ${issuer.id} belongs to ${certificate.subject}, which is not ${issuer.name.en} (${issuer.name.zh})`,
  )
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
  mustSpeakFor(key, content.issuer)
  const jws = await signJws(content, key)
  const unsealed = await typesetAside(content, jws)
  const pdf = await sealPdf(unsealed, key, { now: input.now, reason: `${content.kind} ${content.number}` })
  return { pdf, sha256: createHash('sha256').update(pdf).digest('hex'), jws }
}
