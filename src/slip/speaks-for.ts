import { issuerUri } from '../adapters/keys/certificates.ts'
import { x509 } from '../adapters/keys/x509.ts'
import type { DocumentContent } from './content.ts'

/**
 * Whether a sealing certificate speaks for this issuer. One of an installation's own authority names the issuer by its
 * id. One that the operator brought along names none of ours: the authority that made it looked at who its owner is,
 * and has made others for other companies, so the company in it must be the one that the document names. Not a legal
 * name that the document brings beside it: who checks offline knows no more of the two than the paper says, and any
 * company under that authority could write its own beside another's brand.
 */
export function speaksFor(
  certificate: x509.X509Certificate,
  { id, name }: Pick<DocumentContent['issuer'], 'id' | 'name'>,
): boolean {
  const names = certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.items ?? []
  const issuers = names.filter(({ type, value }) => type === 'url' && value.startsWith(issuerUri('')))
  if (issuers.length > 0) return issuers.some(({ value }) => value === issuerUri(id))
  const owner = certificate.subjectName
  const owners = [...owner.getField('O'), ...owner.getField('CN')].map(plain)
  return owners.includes(plain(name.en)) || owners.includes(plain(name.zh))
}

// Authorities and issuers differ in case, width and blanks.
const plain = (name: string) => name.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ').trim()
