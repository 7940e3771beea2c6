import { createHash } from 'node:crypto'
import { x509 } from '../adapters/keys/x509.ts'
import { NotGenuine } from './verify-reasons.ts'

const DEEPEST = 5

/** A trust root or revocation list handed to the verification that cannot be used. */
export class VerifyInputError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'VerifyInputError'
  }
}

export const parseRoots = (pems: string[]): x509.X509Certificate[] => {
  try {
    return pems.flatMap((pem) => {
      const ders = x509.PemConverter.decode(pem)
      // Nothing to trust is no answer about the seal: it must not read as a forged one.
      if (ders.length === 0) throw new Error('no PEM block')
      return ders.map((der) => new x509.X509Certificate(der))
    })
  } catch {
    throw new VerifyInputError('A trust root is not a certificate in PEM')
  }
}

/** Which root it is, to whoever compares: two may have one subject. The hash is over its DER. */
export type RootName = { subject: string; sha256: string }

export const nameRoot = ({ subject, rawData }: x509.X509Certificate): RootName => ({
  subject,
  sha256: createHash('sha256').update(Buffer.from(rawData)).digest('hex'),
})

/** DER, or PEM as text. */
export const parseCrls = (crls: (Uint8Array | string)[]): x509.X509Crl[] => {
  try {
    return crls.map((crl) => new x509.X509Crl(typeof crl === 'string' ? crl : new Uint8Array(crl).buffer))
  } catch {
    throw new VerifyInputError('A revocation list is neither DER nor PEM')
  }
}

const same = (a: x509.X509Certificate, b: x509.X509Certificate): boolean =>
  Buffer.from(a.rawData).equals(Buffer.from(b.rawData))

// RFC 5280 6.1.4 (k)-(n): only a certificate that says so may vouch for another.
const mayCertify = (certificate: x509.X509Certificate, below: number): boolean => {
  const basic = certificate.getExtension(x509.BasicConstraintsExtension)
  const usage = certificate.getExtension(x509.KeyUsagesExtension)
  if (!basic?.ca || (basic.pathLength !== undefined && basic.pathLength < below)) return false
  return !usage || (usage.usages & x509.KeyUsageFlags.keyCertSign) !== 0
}

const maySeal = (certificate: x509.X509Certificate): boolean => {
  const usage = certificate.getExtension(x509.KeyUsagesExtension)
  const wanted = x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.nonRepudiation
  return !usage || (usage.usages & wanted) !== 0
}

const vouches = async (issuer: x509.X509Certificate, subject: x509.X509Certificate): Promise<boolean> =>
  issuer.subject === subject.issuer &&
  (await subject.verify({ publicKey: issuer, signatureOnly: true }).catch(() => false))

/**
 * The path from the sealing certificate up to a trusted root. Every embedded certificate has to stand in it, in
 * order; an embedded root must be the trusted one itself, byte for byte. Throws NotGenuine.
 */
export const buildPath = async (
  embedded: x509.X509Certificate[],
  roots: x509.X509Certificate[],
): Promise<x509.X509Certificate[]> => {
  const path = [embedded[0]!]
  if (!maySeal(path[0]!)) throw new NotGenuine('unknown_issuer')
  for (let depth = 0; depth < DEEPEST; depth++) {
    const last = path.at(-1)!
    const next = embedded[path.length]
    for (const root of roots) {
      if (!mayCertify(root, depth) || !(await vouches(root, last))) continue
      const rest = embedded.slice(path.length)
      if (rest.length > 1 || (rest[0] && !same(rest[0], root))) continue
      return [...path, root]
    }
    if (!next || !mayCertify(next, depth) || !(await vouches(next, last))) break
    path.push(next)
  }
  throw new NotGenuine('unknown_issuer')
}

export const checkValidity = (path: x509.X509Certificate[], at: Date): void => {
  if (path.some((one) => at < one.notBefore || at > one.notAfter))
    throw new NotGenuine('key_expired_at_signing')
}

/** A certificate in the path that was revoked at `at` or before. Throws NotGenuine, VerifyInputError. */
export const checkRevocation = async (
  path: x509.X509Certificate[],
  crls: x509.X509Crl[],
  at: Date,
): Promise<void> => {
  for (const [index, issuer] of path.entries()) {
    const subject = path[index - 1]
    if (!subject) continue
    for (const crl of crls.filter((one) => one.issuer === issuer.subject)) {
      if (!(await crl.verify({ publicKey: issuer }).catch(() => false))) {
        throw new VerifyInputError('A revocation list is not signed by the authority it names')
      }
      const entry = crl.findRevoked(subject.serialNumber)
      if (entry && entry.revocationDate <= at) throw new NotGenuine('key_revoked_at_signing')
    }
  }
}
