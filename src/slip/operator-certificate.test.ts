import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createRoot, importPrivateKey, type KeyAndCertificate } from '../adapters/keys/certificates.ts'
import { openFileKeys } from '../adapters/keys/file.ts'
import type { KeyStore } from '../adapters/keys/port.ts'
import { x509 } from '../adapters/keys/x509.ts'
import { sampleSlip } from './documents.fixture.ts'
import { sealDocument, signJws } from './seal.ts'
import { sealPdf } from './seal-pdf.ts'
import { typeset } from './typeset.ts'
import { verifyPdf } from './verify.ts'

const NOW = new Date('2026-11-22T08:00:00Z')
const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
let dir: string
let keys: KeyStore
let authority: KeyAndCertificate
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'leb-operator-'))
  keys = await openFileKeys({ dir, now: () => NOW })
  authority = await createRoot(NOW)
  await keys.ensureIssuer({ id: 'leb', name: 'LEB Travel Mobile' })
  await keys.ensureIssuer({ id: 'roamly', name: 'Roamly GmbH' })
  await drop('leb', 'LEB  TRAVEL Mobile')
  await drop('roamly', 'Roamly GmbH')
})
afterAll(() => rm(dir, { recursive: true }))

/** A certificate as a public authority makes it: it names its owner and knows nothing of LEB. */
async function drop(issuerId: string, owner: string): Promise<void> {
  const pair = await crypto.subtle.generateKey(EC, true, ['sign', 'verify'])
  const root = new x509.X509Certificate(authority.certificatePem)
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [{ O: [owner] }, { CN: ['Document seal'] }],
    issuer: root.subjectName,
    notBefore: new Date(NOW.getTime() - 86_400_000),
    notAfter: new Date(NOW.getTime() + 86_400_000),
    signingAlgorithm: EC,
    publicKey: pair.publicKey,
    signingKey: await importPrivateKey(authority.keyPem),
    extensions: [new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true)],
  })
  const pkcs8 = x509.PemConverter.encode(
    await crypto.subtle.exportKey('pkcs8', pair.privateKey),
    'PRIVATE KEY',
  )
  await writeFile(join(dir, issuerId, 'operator-key.pem'), pkcs8)
  await writeFile(
    join(dir, issuerId, 'operator-chain.pem'),
    `${certificate.toString('pem')}\n${authority.certificatePem}`,
  )
}
const check = (pdf: Uint8Array) => verifyPdf(pdf, { trustRoots: [authority.certificatePem], now: NOW })

it('is genuine under the certificate of the company that it names', async () => {
  const { pdf } = await sealDocument({ content: sampleSlip(), keys, issuerId: 'leb', now: NOW })
  expect(await check(pdf)).toMatchObject({ verdict: 'genuine', signer: expect.stringContaining('LEB') })
})

it('is not genuine where another company under the same public authority seals in its name', async () => {
  const other = await keys.sealing('roamly')
  const content = sampleSlip()
  const pdf = await sealPdf(typeset(content, await signJws(content, other)), other, { now: NOW, reason: 'x' })
  expect(await check(pdf)).toMatchObject({ verdict: 'not_genuine', reasons: [{ code: 'swapped' }] })
})

it('is not genuine either where that company writes its own name beside that of the issuer', async () => {
  const other = await keys.sealing('roamly')
  const slip = sampleSlip()
  const content = { ...slip, issuer: { ...slip.issuer, legalName: 'Roamly GmbH' } }
  const pdf = await sealPdf(typeset(content, await signJws(content, other)), other, { now: NOW, reason: 'x' })
  expect(await check(pdf)).toMatchObject({ verdict: 'not_genuine', reasons: [{ code: 'swapped' }] })
})

it('is not sealed at all with a certificate of somebody else', async () => {
  await drop('leb', 'Roamly GmbH')
  const sealed = sealDocument({ content: sampleSlip(), keys, issuerId: 'leb', now: NOW })
  await expect(sealed).rejects.toMatchObject({ code: 'operator_key_unusable' })
})
