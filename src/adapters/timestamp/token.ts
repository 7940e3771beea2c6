import { createHash } from 'node:crypto'
import * as asn1 from 'asn1js'
import * as pkijs from 'pkijs'

const TST_INFO = '1.2.840.113549.1.9.16.1.4'
// RFC 2634 (SHA-1) and RFC 5035: which certificate signed it.
const SIGNING_CERTIFICATE = '1.2.840.113549.1.9.16.2.12'
const SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47'
const HASHES: Record<string, string> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

/** A token that is not an authority's, or not over what it should be. */
export class TokenUnusable extends Error {}

/**
 * Reads an RFC 3161 token and makes sure that it is over SHA-256 of `over`, signed by a certificate it brings along and
 * names. Whether that certificate is to be believed is not judged here. Throws TokenUnusable; a damaged token may
 * throw anything.
 */
export async function readToken(
  der: Uint8Array,
  over: Uint8Array,
): Promise<{ info: pkijs.TSTInfo; signer: Uint8Array; others: Uint8Array[] }> {
  const token = new pkijs.SignedData({ schema: pkijs.ContentInfo.fromBER(new Uint8Array(der)).content })
  const content = token.encapContentInfo.eContent
  if (token.encapContentInfo.eContentType !== TST_INFO || !content) throw new TokenUnusable('no token')
  const info = pkijs.TSTInfo.fromBER(new Uint8Array(content.getValue()))
  const imprint = Buffer.from(info.messageImprint.hashedMessage.valueBlock.valueHexView)
  if (!createHash('sha256').update(over).digest().equals(imprint))
    throw new TokenUnusable('over something else')
  const data = new Uint8Array(over).buffer
  if (!(await token.verify({ signer: 0, data, checkChain: false }))) throw new TokenUnusable('not signed')
  const all = (token.certificates ?? []).flatMap((one) => (one instanceof pkijs.Certificate ? [one] : []))
  const certificates = all.map((one) => new Uint8Array(one.toSchema().toBER()))
  const signer = certificates.find((certificate) => isNamed(token.signerInfos[0]!, certificate))
  if (!signer) throw new TokenUnusable('names no certificate of its own')
  return { info, signer, others: certificates.filter((one) => one !== signer) }
}

/** RFC 3161 2.4.1: without it another certificate of the same key could be put in place of the authority's. */
function isNamed({ signedAttrs }: pkijs.SignerInfo, certificate: Uint8Array): boolean {
  const attributes = signedAttrs?.attributes ?? []
  return attributes.some(({ type, values }) => {
    const isV2 = type === SIGNING_CERTIFICATE_V2
    if (!isV2 && type !== SIGNING_CERTIFICATE) return false
    const [first, second] = children(children(children(values[0])[0])[0])
    const named = first instanceof asn1.OctetString ? first : second
    if (!(named instanceof asn1.OctetString)) return false
    const algorithm = first instanceof asn1.Sequence ? hashOf(children(first)[0]) : 'sha256'
    const hash = isV2 ? algorithm : 'sha1'
    if (!hash) return false
    const known = Buffer.from(named.valueBlock.valueHexView)
    return createHash(hash).update(certificate).digest().equals(known)
  })
}

function hashOf(algorithm: asn1.AsnType | undefined): string | undefined {
  return algorithm instanceof asn1.ObjectIdentifier ? HASHES[algorithm.getValue()] : undefined
}

function children(block: unknown): asn1.AsnType[] {
  const value = (block as { valueBlock?: { value?: unknown } } | undefined)?.valueBlock?.value
  return Array.isArray(value) ? (value as asn1.AsnType[]) : []
}
