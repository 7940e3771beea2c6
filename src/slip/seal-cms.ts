import { createHash } from 'node:crypto'
import * as asn1 from 'asn1js'
import * as pkijs from 'pkijs'
import { NotGenuine } from './verify-reasons.ts'

const OID = {
  signedData: '1.2.840.113549.1.7.2',
  data: '1.2.840.113549.1.7.1',
  sha256: '2.16.840.1.101.3.4.2.1',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  timestampToken: '1.2.840.113549.1.9.16.2.14',
} as const

export type SealCms = {
  /** DER, the sealing certificate first, as embedded. */
  certificates: Uint8Array[]
  /** What the sealer says of the time; nobody vouches for it. */
  claimedAt: Date
  signature: Uint8Array
  /** DER of an RFC 3161 token, where the seal has one. */
  timestampToken?: Uint8Array
}

const der = (tag: number, ...parts: Uint8Array[]): Uint8Array => {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  if (length > 0xffffff) throw new NotGenuine('changed')
  const size = [length >> 16, length >> 8, length].map((byte) => byte & 0xff)
  while (size[0] === 0) size.shift()
  const head = length < 0x80 ? [length] : [0x80 | size.length, ...size]
  return new Uint8Array(Buffer.concat([Uint8Array.from([tag, ...head]), ...parts]))
}
const oid = (value: string): Uint8Array => new Uint8Array(new asn1.ObjectIdentifier({ value }).toBER())
const seq = (...parts: Uint8Array[]): Uint8Array => der(0x30, ...parts)
const raw = (block: asn1.AsnType): Uint8Array => new Uint8Array(block.valueBeforeDecodeView)
const children = (block: asn1.AsnType | undefined): asn1.AsnType[] => {
  const value = (block as { valueBlock?: { value?: unknown } } | undefined)?.valueBlock?.value
  if (!Array.isArray(value)) throw new NotGenuine('changed')
  return value as asn1.AsnType[]
}

type Parts = {
  certificates: Uint8Array[]
  sid: Uint8Array
  signedAttrs: Uint8Array
  signature: Uint8Array
  unsignedAttrs?: Uint8Array
}

/** The one form a seal has here (RFC 5652, with what ETSI EN 319 122-1 fixes). */
const canonical = (parts: Parts): Uint8Array => {
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

const takeApart = (cms: Uint8Array): Parts => {
  const parsed = asn1.fromBER(cms)
  if (parsed.offset === -1) throw new NotGenuine('changed')
  const [, content] = children(parsed.result)
  const [, , , certificates, signers] = children(children(content)[0])
  const [, sid, , signedAttrs, , signature, unsignedAttrs] = children(children(signers)[0])
  if (!sid || !signedAttrs || !(signature instanceof asn1.OctetString)) throw new NotGenuine('changed')
  return {
    certificates: children(certificates).map(raw),
    sid: raw(sid),
    signedAttrs: raw(signedAttrs),
    signature: new Uint8Array(signature.valueBlock.valueHexView),
    ...(unsignedAttrs ? { unsignedAttrs: raw(unsignedAttrs) } : {}),
  }
}

// Only the shortest spelling of r and s: a stray bit in a padded one would leave both numbers as they are.
const isShortest = (signature: Uint8Array): boolean => {
  const parsed = asn1.fromBER(new Uint8Array(signature))
  if (parsed.offset === -1) return false
  const rs = pkijs.createECDSASignatureFromCMS(parsed.result, 32)
  return Buffer.from(pkijs.createCMSECDSASignature(rs)).equals(signature)
}

const attribute = (info: pkijs.SignerInfo, type: string): asn1.AsnType => {
  const found = (info.signedAttrs?.attributes ?? []).filter((one) => one.type === type)
  if (found.length !== 1 || found[0]!.values.length !== 1) throw new NotGenuine('changed')
  return found[0]!.values[0] as asn1.AsnType
}

/** RFC 5035: without it another certificate of the same key could be put in place of the sealer's. */
const namesCertificate = (info: pkijs.SignerInfo, certificate: Uint8Array): boolean => {
  const [certId] = children(children(attribute(info, OID.signingCertificateV2))[0])
  const [hash] = children(certId)
  if (!(hash instanceof asn1.OctetString)) return false
  const actual = createHash('sha256').update(certificate).digest()
  return actual.equals(Buffer.from(hash.valueBlock.valueHexView))
}

const claimedTime = (info: pkijs.SignerInfo): Date => {
  const value = attribute(info, OID.signingTime)
  if (value instanceof asn1.UTCTime || value instanceof asn1.GeneralizedTime) return value.toDate()
  throw new NotGenuine('changed')
}

const tokenOf = (info: pkijs.SignerInfo): Uint8Array | undefined => {
  const attributes = info.unsignedAttrs?.attributes
  if (!attributes) return undefined
  const [only] = attributes
  if (attributes.length !== 1 || only!.type !== OID.timestampToken || only!.values.length !== 1) {
    throw new NotGenuine('changed')
  }
  return raw(only!.values[0] as asn1.AsnType)
}

/**
 * Checks the seal against what it covers: digest, signature, and that the CMS is byte for byte the one form sealed
 * documents have, since most of its frame is not signed and could otherwise be altered unseen.
 * Who the certificate belongs to is not judged here. Throws NotGenuine.
 */
export const checkCms = async (cms: Uint8Array, covered: Uint8Array): Promise<SealCms> => {
  const parts = takeApart(cms)
  const signedData = new pkijs.SignedData({ schema: pkijs.ContentInfo.fromBER(new Uint8Array(cms)).content })
  const info = signedData.signerInfos[0]
  const leaf = parts.certificates[0]
  if (!info || !leaf) throw new NotGenuine('changed')
  const certificate = pkijs.Certificate.fromBER(new Uint8Array(leaf))
  const sid = seq(
    new Uint8Array(certificate.issuer.toSchema().toBER()),
    new Uint8Array(certificate.serialNumber.toBER()),
  )
  if (!Buffer.from(canonical({ ...parts, sid })).equals(cms)) throw new NotGenuine('changed')
  if (!isShortest(parts.signature)) throw new NotGenuine('changed')
  attribute(info, OID.contentType)
  attribute(info, OID.messageDigest)
  if (!namesCertificate(info, leaf)) throw new NotGenuine('changed')
  const valid = await signedData.verify({
    signer: 0,
    data: new Uint8Array(covered).buffer,
    checkChain: false,
  })
  if (!valid) throw new NotGenuine('changed')
  const timestampToken = tokenOf(info)
  return {
    certificates: parts.certificates,
    claimedAt: claimedTime(info),
    signature: parts.signature,
    ...(timestampToken ? { timestampToken } : {}),
  }
}
