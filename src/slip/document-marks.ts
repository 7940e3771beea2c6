import { createHash } from 'node:crypto'
import type { DocumentContent } from './content.ts'

/** The digest that ties the typeset page to the attached JWS: SHA-256 (hex) over the JWS payload. */
export const contentFingerprint = (content: DocumentContent): string =>
  createHash('sha256').update(JSON.stringify(content)).digest('hex')

/** How the fingerprint stands among the PDF's keywords. */
export const fingerprintKeyword = (fingerprint: string): string => `content-sha256:${fingerprint}`

/** The name under which the JWS is attached to the PDF. */
export const attachmentName = (kind: DocumentContent['kind']): string => `${kind}.jws`
