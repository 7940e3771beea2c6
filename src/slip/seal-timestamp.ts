import { createHash } from 'node:crypto'
import * as asn1 from 'asn1js'
import * as pkijs from 'pkijs'
import { x509 } from '../adapters/keys/x509.ts'
import { buildPath, checkValidity } from './seal-chain.ts'
import { NotGenuine } from './verify-reasons.ts'

const TST_INFO = '1.2.840.113549.1.9.16.1.4'

const certificateOf = (token: pkijs.SignedData): x509.X509Certificate[] => {
  const all = (token.certificates ?? []).flatMap((one) => (one instanceof pkijs.Certificate ? [one] : []))
  const sid = token.signerInfos[0]?.sid as { serialNumber?: asn1.Integer } | undefined
  const signer = all.find((one) => sid?.serialNumber && one.serialNumber.isEqual(sid.serialNumber))
  const ordered = signer ? [signer, ...all.filter((one) => one !== signer)] : []
  return ordered.map((one) => new x509.X509Certificate(one.toSchema().toBER()))
}

const isTrusted = async (certificates: x509.X509Certificate[], roots: x509.X509Certificate[], at: Date) => {
  if (certificates.length === 0) return false
  try {
    checkValidity(await buildPath(certificates, roots), at)
    return true
  } catch {
    return false
  }
}

/**
 * The time an RFC 3161 token vouches for. The token must be intact and over this very signature, or the document
 * was tampered with; whether its authority is among the trusted roots is answered in `trusted`. A token is in its
 * authority's own form, so that its unsigned frame and certificates, unlike those of the seal, are not held to one
 * spelling: a bit altered there says nothing about the document.
 * Throws NotGenuine.
 */
export const checkTimestamp = async (
  tokenDer: Uint8Array,
  signature: Uint8Array,
  roots: x509.X509Certificate[],
): Promise<{ at: Date; trusted: boolean }> => {
  const token = new pkijs.SignedData({ schema: pkijs.ContentInfo.fromBER(new Uint8Array(tokenDer)).content })
  const content = token.encapContentInfo.eContent
  if (token.encapContentInfo.eContentType !== TST_INFO || !content) throw new NotGenuine('changed')
  const info = pkijs.TSTInfo.fromBER(new Uint8Array(content.getValue()))
  const imprint = Buffer.from(info.messageImprint.hashedMessage.valueBlock.valueHexView)
  if (!createHash('sha256').update(signature).digest().equals(imprint)) throw new NotGenuine('changed')
  const data = new Uint8Array(signature).buffer
  if (!(await token.verify({ signer: 0, data, checkChain: false }))) throw new NotGenuine('changed')
  return { at: info.genTime, trusted: await isTrusted(certificateOf(token), roots, info.genTime) }
}
