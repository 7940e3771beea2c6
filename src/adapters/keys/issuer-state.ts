import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  importPrivateKey,
  issueSealingCertificate,
  publicJwk,
  splitChain,
  thumbprint,
  type KeyAndCertificate,
} from './certificates.ts'
import { KeyStoreError, type Issuer, type KeyRecord } from './port.ts'

export type IssuerState = {
  issuer: Issuer
  /** PKCS#8 PEM; absent while the operator's own key file is in use. */
  privateKeyPem?: string
  /** base64, 32 bytes each */
  vault: { wrapKey: string; indexKey: string; codeKey: string }
  /** The present key last. */
  keys: KeyRecord[]
}

/** Names of the PEM files an operator drops into the issuer's folder to seal under its own certificate. */
export type OperatorFiles = { key: string; chain: string }
export const OPERATOR_FILES: OperatorFiles = { key: 'operator-key.pem', chain: 'operator-chain.pem' }

export const presentKey = (state: IssuerState): KeyRecord => state.keys.at(-1)!

const record = async (
  issuerId: string,
  chainPem: string,
  source: KeyRecord['source'],
  now: Date,
): Promise<KeyRecord> => {
  const leaf = splitChain(chainPem)[0]!
  const jwk = await publicJwk(leaf)
  return {
    issuerId,
    kid: thumbprint(jwk),
    jwk,
    chainPem,
    source,
    notBefore: leaf.notBefore.toISOString(),
    notAfter: leaf.notAfter.toISOString(),
    createdAt: now.toISOString(),
  }
}

const retire = (keys: KeyRecord[], now: Date): KeyRecord[] =>
  keys.map((key, index) =>
    index === keys.length - 1 && !key.retiredAt ? { ...key, retiredAt: now.toISOString() } : key,
  )

const secret = (): string => randomBytes(32).toString('base64')

export const newIssuerState = (issuer: Issuer): IssuerState => ({
  issuer,
  vault: { wrapKey: secret(), indexKey: secret(), codeKey: secret() },
  keys: [],
})

/** The state with a fresh key under the store's root as the present one. */
export const withFreshKey = async (
  state: IssuerState,
  root: KeyAndCertificate,
  now: Date,
): Promise<IssuerState> => {
  const made = await issueSealingCertificate(root, state.issuer, now)
  const chainPem = `${made.certificatePem.trim()}\n${root.certificatePem.trim()}\n`
  return {
    ...state,
    privateKeyPem: made.keyPem,
    keys: [...retire(state.keys, now), await record(state.issuer.id, chainPem, 'own_ca', now)],
  }
}

/** The state with the operator's key as the present one. */
export const withOperatorKey = async (
  state: IssuerState,
  chainPem: string,
  now: Date,
): Promise<IssuerState> => {
  const { privateKeyPem: _destroyed, ...rest } = state
  const adopted = await record(state.issuer.id, chainPem, 'operator', now)
  // A key that comes back after an absence stands once in the history.
  const earlier = retire(state.keys, now).filter((key) => key.kid !== adopted.kid)
  return { ...rest, keys: [...earlier, adopted] }
}

export type OperatorKey = { keyPem: string; chainPem: string; kid: string }

const readOrNothing = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new KeyStoreError('operator_key_unusable', `${path} cannot be read: ${error.code}`)
  })

/** What the operator dropped, checked: both files, EC P-256, and the key belongs to the first certificate. */
export const readOperatorKey = async (
  dir: string,
  files: OperatorFiles,
): Promise<OperatorKey | undefined> => {
  const keyPem = await readOrNothing(join(dir, files.key))
  const chainPem = await readOrNothing(join(dir, files.chain))
  if (keyPem === undefined && chainPem === undefined) return undefined
  const fail = (why: string): KeyStoreError =>
    new KeyStoreError('operator_key_unusable', `${files.key} and ${files.chain} in ${dir}: ${why}`)
  if (keyPem === undefined || chainPem === undefined) throw fail('both files are needed')
  try {
    const leaf = splitChain(chainPem)[0]!
    const key = await importPrivateKey(keyPem)
    const probe = Buffer.from('LEB')
    const alg = { name: 'ECDSA', hash: 'SHA-256' }
    const signature = await crypto.subtle.sign(alg, key, probe)
    const publicKey = await leaf.publicKey.export({ name: 'ECDSA', namedCurve: 'P-256' }, ['verify'])
    if (!(await crypto.subtle.verify(alg, publicKey, signature, probe)))
      throw fail('key and certificate differ')
    return { keyPem, chainPem, kid: thumbprint(await publicJwk(leaf)) }
  } catch (error) {
    if (error instanceof KeyStoreError) throw error
    throw fail('a PKCS#8 EC P-256 key and its certificate chain in PEM are needed')
  }
}
