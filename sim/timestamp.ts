import 'reflect-metadata'
import { createHash, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import * as asn1 from 'asn1js'
import * as pkijs from 'pkijs'
import {
  startSimServer,
  tally,
  type SimOptions,
  type SimReply,
  type SimRequest,
  type SimServer,
} from './http-server.ts'

const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const OID = {
  signedData: '1.2.840.113549.1.7.2',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  /** Of nobody: 2.999 is for examples. */
  policy: '2.999.3161',
}

export type TimestampSim = SimServer & {
  /** PEM: whom to trust. */
  root: string
  /** How many tokens it really gave. */
  given(): number
}

export type TimestampSimOptions = SimOptions & {
  /** Milliseconds; the machine's clock unless told. */
  now?: () => number
  /** Its certificate is for something else than time stamps. */
  notForTimestamps?: boolean
}

type Authority = { certificate: pkijs.Certificate; der: Uint8Array; key: CryptoKey; root: string }

/**
 * A time-stamping authority over HTTP (RFC 3161). `refuse` rejects; `fail_later` gives a token over something else than
 * was asked.
 */
export async function startTimestampSim(options: TimestampSimOptions = {}): Promise<TimestampSim> {
  const now = options.now ?? Date.now
  const authority = await openAuthority(now(), options.notForTimestamps ?? false)
  const given = tally()
  const server = await startSimServer(
    {
      async handle(request) {
        if (request.headers['content-type'] !== 'application/timestamp-query') return { status: 415 }
        given.add('token')
        return answer(await stamp(authority, request, new Date(now())))
      },
      refuse: () => answer(new pkijs.TimeStampResp({ status: new pkijs.PKIStatusInfo({ status: 2 }) })),
      counts: () => given,
      state: () => ({ root: authority.root }),
    },
    options,
  )
  return { ...server, root: authority.root, given: () => given.get('token') }
}

const answer = (response: pkijs.TimeStampResp): SimReply => ({
  status: 200,
  bytes: new Uint8Array(response.toSchema().toBER()),
  headers: { 'content-type': 'application/timestamp-reply' },
})

async function stamp(authority: Authority, request: SimRequest, at: Date): Promise<pkijs.TimeStampResp> {
  const asked = pkijs.TimeStampReq.fromBER(new Uint8Array(request.bytes))
  const { messageImprint, nonce } = asked
  if (request.failure === 'fail_later')
    messageImprint.hashedMessage = new asn1.OctetString({
      valueHex: createHash('sha256').update('other').digest(),
    })
  const info = new pkijs.TSTInfo({
    version: 1,
    policy: OID.policy,
    messageImprint,
    serialNumber: new asn1.Integer({ value: Math.floor(Math.random() * 1e9) + 1 }),
    genTime: at,
    ...(nonce && { nonce }),
  })
  const content = new Uint8Array(info.toSchema().toBER())
  const attribute = (type: string, value: asn1.AsnType) => new pkijs.Attribute({ type, values: [value] })
  const digest = (bytes: Uint8Array) =>
    new asn1.OctetString({ valueHex: createHash('sha256').update(bytes).digest() })
  const sequence = (...value: asn1.AsnType[]) => new asn1.Sequence({ value })
  const signed = new pkijs.SignedData({
    version: 3,
    encapContentInfo: new pkijs.EncapsulatedContentInfo({
      eContentType: OID.tstInfo,
      eContent: new asn1.OctetString({ valueHex: content }),
    }),
    signerInfos: [
      new pkijs.SignerInfo({
        version: 1,
        sid: new pkijs.IssuerAndSerialNumber({
          issuer: authority.certificate.issuer,
          serialNumber: authority.certificate.serialNumber,
        }),
        signedAttrs: new pkijs.SignedAndUnsignedAttributes({
          type: 0,
          attributes: [
            attribute(OID.contentType, new asn1.ObjectIdentifier({ value: OID.tstInfo })),
            attribute(OID.messageDigest, digest(content)),
            attribute(OID.signingCertificateV2, sequence(sequence(sequence(digest(authority.der))))),
          ],
        }),
      }),
    ],
    ...(asked.certReq && { certificates: [authority.certificate] }),
  })
  await signed.sign(authority.key, 0, 'SHA-256')
  const timeStampToken = new pkijs.ContentInfo({
    contentType: OID.signedData,
    content: signed.toSchema(true),
  })
  return new pkijs.TimeStampResp({ status: new pkijs.PKIStatusInfo({ status: 0 }), timeStampToken })
}

async function openAuthority(now: number, notForTimestamps: boolean): Promise<Authority> {
  x509.cryptoProvider.set(webcrypto as never)
  const newKeys = () => webcrypto.subtle.generateKey(EC, true, ['sign', 'verify'])
  const [rootKeys, keys] = [await newKeys(), await newKeys()]
  const life = { notBefore: new Date(now - 86_400_000), notAfter: new Date(now + 3_650 * 86_400_000) }
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Simulated time root',
    ...life,
    keys: rootKeys as never,
    signingAlgorithm: EC,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  })
  const certificate = await x509.X509CertificateGenerator.create({
    subject: 'CN=Simulated time-stamping authority',
    issuer: root.subject,
    ...life,
    publicKey: keys.publicKey as never,
    signingKey: rootKeys.privateKey as never,
    signingAlgorithm: EC,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      ...(notForTimestamps ? [] : [new x509.ExtendedKeyUsageExtension([OID.timeStamping], true)]),
    ],
  })
  const der = new Uint8Array(certificate.rawData)
  return {
    certificate: pkijs.Certificate.fromBER(new Uint8Array(der)),
    der,
    key: keys.privateKey as CryptoKey,
    root: root.toString('pem'),
  }
}
