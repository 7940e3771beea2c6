import { x509 } from '../adapters/keys/x509.ts'
import { readAttachedContent } from './attached-jws.ts'
import type { DocumentContent } from './content.ts'
import { readSealBytes } from './seal-bytes.ts'
import {
  buildPath,
  checkRevocation,
  checkValidity,
  nameRoot,
  parseCrls,
  parseRoots,
  type RootName,
  VerifyInputError,
} from './seal-chain.ts'
import { checkCms, type SealCms } from './seal-cms.ts'
import { checkTimestamp } from './seal-timestamp.ts'
import { NotGenuine, reason, type Reason, type ReasonCode } from './verify-reasons.ts'

export type Verdict = {
  verdict: 'genuine' | 'not_genuine' | 'unreadable'
  /** Empty where genuine. */
  reasons: Reason[]
  /** What the document says; only where genuine. */
  document?: DocumentContent
  /** RFC 3339, UTC. */
  signedAt?: string
  /** `vouched`: a trusted time-stamping authority says so; `claimed`: the sealer does. */
  signedAtBy?: 'vouched' | 'claimed'
  /** Subject of the sealing certificate. */
  signer?: string
  /** The trusted root that the sealing certificate leads to. */
  trustedBy?: RootName
}

export type VerifyOptions = {
  /** PEM: roots of issuers. */
  trustRoots: string[]
  /** PEM: roots of time-stamping authorities. They vouch for a time, and for no issuer. */
  timestampRoots?: string[]
  /** DER or PEM. */
  crls?: (Uint8Array | string)[]
  now: Date
}

type Known = Pick<Verdict, 'signedAt' | 'signedAtBy' | 'signer' | 'trustedBy'>

const UNREADABLE: ReasonCode[] = ['unreadable', 'truncated']
// Another machine's clock may be wrong by hours; by more than a day the claim is worth nothing.
const CLOCK_TOLERANCE_MS = 86_400_000

const sealedAt = async (
  seal: SealCms,
  trust: { roots: x509.X509Certificate[]; crls: x509.X509Crl[] },
): Promise<{ at: Date; by: 'vouched' | 'claimed' }> => {
  const stamp = seal.timestampToken && (await checkTimestamp(seal.timestampToken, seal.signature, trust))
  return stamp?.trusted ? { at: stamp.at, by: 'vouched' } : { at: seal.claimedAt, by: 'claimed' }
}

const examine = async (bytes: Uint8Array, options: VerifyOptions, known: Known): Promise<DocumentContent> => {
  const roots = parseRoots(options.trustRoots)
  const crls = parseCrls(options.crls ?? [])
  const { covered, cms } = readSealBytes(bytes)
  const seal = await checkCms(cms, covered)
  const certificates = seal.certificates.map((der) => new x509.X509Certificate(new Uint8Array(der)))
  const leaf = certificates[0]!
  known.signer = leaf.subject
  const path = await buildPath(certificates, roots)
  known.trustedBy = nameRoot(path.at(-1)!)
  // Without a trusted time stamp the time is the sealer's own claim. It decides about expiry and revocation all the
  // same, or every document would die with its certificate; but who stole a key can date a forgery back to before
  // its revocation. Where that matters, seal with a time stamp (B-T), or ask the public verify page, which knows
  // every closure by its number.
  const { at, by } = await sealedAt(seal, { roots: parseRoots(options.timestampRoots ?? []), crls })
  known.signedAt = at.toISOString()
  known.signedAtBy = by
  checkValidity(path, at)
  await checkRevocation(path, crls, at)
  if (at.getTime() > options.now.getTime() + CLOCK_TOLERANCE_MS) throw new NotGenuine('signed_in_future')
  return readAttachedContent(bytes, leaf)
}

/**
 * Whether a PDF is a genuine slip or certificate. Needs neither database nor network.
 * Throws VerifyInputError where a trust root or revocation list cannot be used.
 */
export const verifyPdf = async (bytes: Uint8Array, options: VerifyOptions): Promise<Verdict> => {
  const known: Known = {}
  try {
    const document = await examine(bytes, options, known)
    return { verdict: 'genuine', reasons: [], document, ...known }
  } catch (error) {
    if (error instanceof VerifyInputError) throw error
    // Parsers throw in many ways on a damaged seal; each of them means that it is not what was sealed.
    const code = error instanceof NotGenuine ? error.code : 'changed'
    const verdict = UNREADABLE.includes(code) ? 'unreadable' : 'not_genuine'
    return { verdict, reasons: [reason(code)], ...known }
  }
}
