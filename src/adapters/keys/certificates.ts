import { createHash, webcrypto } from 'node:crypto'
import type { Issuer, PublicJwk } from './port.ts'
import { x509 } from './x509.ts'

const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY_MS = 86_400_000
const ROOT_YEARS = 25
const LEAF_YEARS = 3
const CRL_DAYS = 90
/** RFC 9336: the key signs documents. */
const DOCUMENT_SIGNING = '1.3.6.1.5.5.7.3.36'
/**
 * RFC 5280 4.2.1.12, for readers that know no key for documents: NSS, by which Poppler's readers judge, trusts a signer of
 * documents by this usage alone. No mail is signed with the key.
 */
const EMAIL_PROTECTION = '1.3.6.1.5.5.7.3.4'

/** PKCS#8 PEM and certificate PEM. */
export type KeyAndCertificate = { keyPem: string; certificatePem: string }

// A clock set back by an hour must not make a fresh certificate "not yet valid".
const dayBefore = (now: Date): Date => new Date(now.getTime() - DAY_MS)
const yearsAfter = (now: Date, years: number): Date => new Date(now.getTime() + years * 365.25 * DAY_MS)

// RFC 5280 4.1.2.2: positive and at most 20 bytes.
const newSerial = (): string => {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16))
  bytes[0] = (bytes[0]! & 0x3f) | 0x40
  return Buffer.from(bytes).toString('hex')
}

const newKeyPair = (): Promise<CryptoKeyPair> =>
  webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']) as Promise<CryptoKeyPair>

const privatePem = async (key: CryptoKey): Promise<string> =>
  x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')

/** Throws where the PEM holds anything but a PKCS#8 EC P-256 private key. */
export const importPrivateKey = (keyPem: string): Promise<CryptoKey> =>
  webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decode(keyPem)[0]!, EC, false, [
    'sign',
  ]) as Promise<CryptoKey>

export const createRoot = async (now: Date): Promise<KeyAndCertificate> => {
  const keys = await newKeyPair()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: [{ CN: ['LEB demo root'] }],
    notBefore: dayBefore(now),
    notAfter: yearsAfter(now, ROOT_YEARS),
    signingAlgorithm: EC,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { keyPem: await privatePem(keys.privateKey), certificatePem: certificate.toString('pem') }
}

/** The URI in a sealing certificate that says which issuer of this installation it speaks for. */
export const issuerUri = (issuerId: string): string => `urn:leb:issuer:${issuerId}`

/** A fresh sealing key with a certificate from `root`. */
export const issueSealingCertificate = async (
  root: KeyAndCertificate,
  issuer: Issuer,
  now: Date,
): Promise<KeyAndCertificate> => {
  const keys = await newKeyPair()
  const rootCertificate = new x509.X509Certificate(root.certificatePem)
  const wished = yearsAfter(now, LEAF_YEARS)
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: [{ O: [issuer.name] }, { CN: [`${issuer.name} document seal`] }],
    issuer: rootCertificate.subjectName,
    notBefore: dayBefore(now),
    notAfter: wished < rootCertificate.notAfter ? wished : rootCertificate.notAfter,
    signingAlgorithm: EC,
    publicKey: keys.publicKey,
    signingKey: await importPrivateKey(root.keyPem),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.nonRepudiation,
        true,
      ),
      new x509.ExtendedKeyUsageExtension([DOCUMENT_SIGNING, EMAIL_PROTECTION]),
      new x509.SubjectAlternativeNameExtension([{ type: 'url', value: issuerUri(issuer.id) }]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(rootCertificate.publicKey),
    ],
  })
  return { keyPem: await privatePem(keys.privateKey), certificatePem: certificate.toString('pem') }
}

/** DER. `number` must grow with every list (RFC 5280 5.2.3). */
export const createCrl = async (
  root: KeyAndCertificate,
  revoked: { certificatePem: string; at: Date }[],
  now: Date,
): Promise<Uint8Array> => {
  const rootCertificate = new x509.X509Certificate(root.certificatePem)
  const crl = await x509.X509CrlGenerator.create({
    issuer: rootCertificate.subjectName,
    thisUpdate: now,
    nextUpdate: new Date(now.getTime() + CRL_DAYS * DAY_MS),
    signingAlgorithm: EC,
    signingKey: await importPrivateKey(root.keyPem),
    entries: revoked.map(({ certificatePem, at }) => ({
      serialNumber: new x509.X509Certificate(certificatePem).serialNumber,
      revocationDate: at,
    })),
    extensions: [await x509.AuthorityKeyIdentifierExtension.create(rootCertificate.publicKey)],
  })
  return new Uint8Array(crl.rawData)
}

export const splitChain = (chainPem: string): x509.X509Certificate[] =>
  x509.PemConverter.decode(chainPem).map((der) => new x509.X509Certificate(der))

/** Throws where the certificate's key is not EC P-256. */
export const publicJwk = async (certificate: x509.X509Certificate): Promise<PublicJwk> => {
  const key = await certificate.publicKey.export(EC, ['verify'])
  const { x, y } = await webcrypto.subtle.exportKey('jwk', key)
  return { kty: 'EC', crv: 'P-256', x: x!, y: y! }
}

/** RFC 7638: the members in this order, without blanks. */
export const thumbprint = (jwk: PublicJwk): string =>
  createHash('sha256')
    .update(JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y }))
    .digest('base64url')
