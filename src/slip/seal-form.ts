import * as asn1 from 'asn1js'

/** The one form a seal has here: made in make-cms.ts, insisted on in seal-cms.ts. */

export const OID = {
  signedData: '1.2.840.113549.1.7.2',
  data: '1.2.840.113549.1.7.1',
  sha256: '2.16.840.1.101.3.4.2.1',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  algorithmProtection: '1.2.840.113549.1.9.52',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  timestampToken: '1.2.840.113549.1.9.16.2.14',
} as const

const longest_bytes = 0xffffff

/** One DER value (X.690): definite length of at most three bytes. Throws RangeError past that. */
export const der = (tag: number, ...parts: Uint8Array[]): Uint8Array => {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  if (length > longest_bytes) throw new RangeError(`a DER value of ${length} bytes`)
  const size = [length >> 16, length >> 8, length].map((byte) => byte & 0xff)
  while (size[0] === 0) size.shift()
  const head = length < 0x80 ? [length] : [0x80 | size.length, ...size]
  return new Uint8Array(Buffer.concat([Uint8Array.from([tag, ...head]), ...parts]))
}
export const seq = (...parts: Uint8Array[]): Uint8Array => der(0x30, ...parts)

const oids = new Map<string, Uint8Array>()
export const oid = (value: (typeof OID)[keyof typeof OID]): Uint8Array => {
  let known = oids.get(value)
  if (!known) oids.set(value, (known = new Uint8Array(new asn1.ObjectIdentifier({ value }).toBER())))
  return known
}

export type SealParts = {
  /** DER, the sealing certificate first. */
  certificates: Uint8Array[]
  /** DER of IssuerAndSerialNumber. */
  sid: Uint8Array
  /** DER, under the implicit tag [0] that they have in the seal. */
  signedAttrs: Uint8Array
  /** DER of SEQUENCE { r, s } (RFC 5753). */
  signature: Uint8Array
  /** DER, under the implicit tag [1]. */
  unsignedAttrs?: Uint8Array
}

/** RFC 5652 SignedData, detached, with what ETSI EN 319 122-1 fixes. */
export const sealForm = (parts: SealParts): Uint8Array => {
  const one = Uint8Array.from([2, 1, 1])
  const signer = seq(
    one,
    parts.sid,
    seq(oid(OID.sha256)),
    parts.signedAttrs,
    seq(oid(OID.ecdsaWithSha256)),
    der(4, parts.signature),
    ...(parts.unsignedAttrs ? [parts.unsignedAttrs] : []),
  )
  const signedData = seq(
    one,
    der(0x31, seq(oid(OID.sha256))),
    seq(oid(OID.data)),
    der(0xa0, ...parts.certificates),
    der(0x31, signer),
  )
  return seq(oid(OID.signedData), der(0xa0, signedData))
}
