import { createHash } from 'node:crypto'
import * as asn1 from 'asn1js'
import * as pkijs from 'pkijs'
import { OID, sealForm, type SealParts, seq } from './seal-form.ts'
import { NotGenuine } from './verify-reasons.ts'

export type SealCms = {
  /** DER, the sealing certificate first, as embedded. */
  certificates: Uint8Array[]
  /** What the sealer says of the time; nobody vouches for it. */
  claimedAt: Date
  signature: Uint8Array
  /** DER of an RFC 3161 token, where the seal has one. */
  timestampToken?: Uint8Array
}

const raw = (block: asn1.AsnType): Uint8Array => new Uint8Array(block.valueBeforeDecodeView)
const children = (block: asn1.AsnType | undefined): asn1.AsnType[] => {
  const value = (block as { valueBlock?: { value?: unknown } } | undefined)?.valueBlock?.value
  if (!Array.isArray(value)) throw new NotGenuine('changed')
  return value as asn1.AsnType[]
}

const takeApart = (cms: Uint8Array): SealParts => {
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
  if (!Buffer.from(sealForm({ ...parts, sid })).equals(cms)) throw new NotGenuine('changed')
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
