import { readToken } from '../adapters/timestamp/token.ts'
import { x509 } from '../adapters/keys/x509.ts'
import { buildPath, checkRevocation, checkValidity } from './seal-chain.ts'
import { NotGenuine } from './verify-reasons.ts'

/** RFC 3161 2.3: for time stamps, for nothing else, and said as critical. */
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8'

const mayStamp = (certificate: x509.X509Certificate): boolean => {
  const usage = certificate.getExtension(x509.ExtendedKeyUsageExtension)
  return usage?.critical === true && usage.usages.length === 1 && usage.usages[0] === TIME_STAMPING
}

/** From the signer up, each the issuer of the one before, whatever order they came in; what stands beside is left out. */
const inOrder = (signer: x509.X509Certificate, others: x509.X509Certificate[]): x509.X509Certificate[] => {
  const path = [signer]
  const rest = [...others]
  for (;;) {
    const at = rest.findIndex((one) => one.subject === path.at(-1)!.issuer)
    if (at < 0) return path
    path.push(...rest.splice(at, 1))
  }
}

type Trusted = { roots: x509.X509Certificate[]; crls: x509.X509Crl[] }

const isTrusted = async (certificates: x509.X509Certificate[], { roots, crls }: Trusted, at: Date) => {
  if (!mayStamp(certificates[0]!)) return false
  try {
    const path = await buildPath(certificates, roots)
    checkValidity(path, at)
    await checkRevocation(path, crls, at)
    return true
  } catch (error) {
    if (error instanceof NotGenuine) return false
    throw error
  }
}

/**
 * The time an RFC 3161 token vouches for. The token must be intact and over this very signature, or the document
 * was tampered with; whether its authority is among those trusted for time stamps is answered in `trusted`. A token is in
 * its authority's own form, so that its unsigned frame and certificates, unlike those of the seal, are not held to one
 * spelling: a bit altered there says nothing about the document.
 * Throws NotGenuine, VerifyInputError.
 */
export const checkTimestamp = async (
  tokenDer: Uint8Array,
  signature: Uint8Array,
  trust: Trusted,
): Promise<{ at: Date; trusted: boolean }> => {
  const token = await readToken(tokenDer, signature).catch(() => {
    throw new NotGenuine('changed')
  })
  const [signer, ...others] = [token.signer, ...token.others].map(
    (der) => new x509.X509Certificate(der.buffer as ArrayBuffer),
  )
  const at = token.info.genTime
  return { at, trusted: await isTrusted(inOrder(signer!, others), trust, at) }
}
