import { createHash } from 'node:crypto'
import { PDF } from '@libpdf/core'
import { x509 } from '../adapters/keys/x509.ts'
import { compactVerify } from 'jose'
import { publicJwk, thumbprint } from '../adapters/keys/certificates.ts'
import { documentContent, type DocumentContent } from './content.ts'
import { attachmentName, fingerprintKeyword } from './document-marks.ts'
import { speaksFor } from './speaks-for.ts'
import { NotGenuine } from './verify-reasons.ts'

const KINDS = ['slip', 'certificate'] as const

const readAttachment = (pdf: PDF): { kind: DocumentContent['kind']; jws: string } => {
  for (const kind of KINDS) {
    const bytes = pdf.getAttachment(attachmentName(kind))
    if (bytes) return { kind, jws: Buffer.from(bytes).toString('latin1') }
  }
  throw new NotGenuine('swapped')
}

/**
 * The content from the attached JWS, once it is shown to be signed by the key that sealed the page, to be the data
 * the page was typeset from, and to come from the issuer the certificate speaks for. Throws NotGenuine `swapped`.
 */
export const readAttachedContent = async (
  bytes: Uint8Array,
  certificate: x509.X509Certificate,
): Promise<DocumentContent> => {
  try {
    const pdf = await PDF.load(bytes)
    const { kind, jws } = readAttachment(pdf)
    const key = await certificate.publicKey.export({ name: 'ECDSA', namedCurve: 'P-256' }, ['verify'])
    const { payload, protectedHeader } = await compactVerify(jws, key, { algorithms: ['ES256'] })
    const content = documentContent.parse(JSON.parse(Buffer.from(payload).toString('utf8')))
    const keyword = fingerprintKeyword(createHash('sha256').update(payload).digest('hex'))
    const keywords = (pdf.getKeywords() ?? []).flatMap((one) => one.split(/[\s,]+/))
    const belongs =
      content.kind === kind &&
      protectedHeader.kid === thumbprint(await publicJwk(certificate)) &&
      keywords.includes(keyword) &&
      keywords.includes(content.number) &&
      speaksFor(certificate, content.issuer)
    if (!belongs) throw new NotGenuine('swapped')
    return content
  } catch {
    // The seal holds here, so whatever is wrong with the attachment is the sealer's doing, not a damaged file.
    throw new NotGenuine('swapped')
  }
}
