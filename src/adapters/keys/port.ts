/** The keys of the issuers: who seals, who may be believed, and the secrets the vault works with. */

export type Issuer = { id: string; name: string }

/** The key an issuer seals with now. The private part never leaves the store, so an HSM can stand behind it. */
export type SealingKey = {
  issuerId: string
  /** RFC 7638 thumbprint (SHA-256) of the public key; the `kid` of every JWS. */
  kid: string
  /** DER, the sealing certificate itself. */
  certificate: Uint8Array
  /** DER, from the certificate's issuer up to the root. */
  chain: Uint8Array[]
  /** With it a seal is PAdES B-T, without it B-B. */
  timestamp?: Timestamp
  /** ES256: the raw 64 bytes r‖s over SHA-256 of `data`. */
  sign(data: Uint8Array): Promise<Uint8Array>
}

/**
 * A time-stamping authority's token over SHA-256 of a signature (RFC 3161, DER); undefined when there is none to be had
 * now: a seal does not wait for it.
 */
export type Timestamp = (signature: Uint8Array) => Promise<Uint8Array | undefined>

export type PublicJwk = { kty: 'EC'; crv: 'P-256'; x: string; y: string }

/** One key an issuer seals or sealed with, public part only. Times are RFC 3339, UTC. */
export type KeyRecord = {
  issuerId: string
  kid: string
  jwk: PublicJwk
  /** PEM, sealing certificate first, root last. */
  chainPem: string
  source: 'own_ca' | 'operator'
  notBefore: string
  notAfter: string
  createdAt: string
  retiredAt?: string
  revokedAt?: string
}

/** 32 bytes each: `wrapKey` wraps the holders' data keys, `indexKey` is the HMAC key of the blind index,
 *  `codeKey` hashes one-time codes. */
export type VaultKeys = { wrapKey: Uint8Array; indexKey: Uint8Array; codeKey: Uint8Array }

export type KeyStore = {
  /** Makes the issuer's keys on first call; later calls, also from other processes, change nothing. */
  ensureIssuer(issuer: Issuer): Promise<void>
  issuers(): Promise<string[]>
  /** Throws KeyStoreError `issuer_unknown` or `sealing_key_expired`. */
  sealing(issuerId: string): Promise<SealingKey>
  /** Every key the issuer ever sealed with, the present one last. Throws KeyStoreError `issuer_unknown`. */
  history(issuerId: string): Promise<KeyRecord[]>
  /** Throws KeyStoreError `issuer_unknown`. */
  vault(issuerId: string): Promise<VaultKeys>
  /** PEM of the certificates that a verifier has to trust. */
  trustRoots(): Promise<string[]>
  /** DER, signed by the store's own root, listing what it has revoked (RFC 5280 section 5). */
  crl(): Promise<Uint8Array>
  /** A new key and certificate become the present ones; the old private key is destroyed, its certificate stays. */
  rotateSealingKey(issuerId: string, now: Date): Promise<KeyRecord>
  /** What the key sealed after `at` is not genuine; what it sealed before stays so. Revoking the present key
   *  also rotates it. Throws KeyStoreError `key_unknown`. */
  revokeSealingKey(issuerId: string, kid: string, at: Date, now: Date): Promise<KeyRecord>
}

export type KeyStoreErrorCode =
  | 'issuer_unknown'
  | 'issuer_id_invalid'
  | 'key_unknown'
  | 'sealing_key_expired'
  | 'operator_key_unusable'
  | 'folder_unusable'
  | 'state_unreadable'

export class KeyStoreError extends Error {
  readonly code: KeyStoreErrorCode
  constructor(code: KeyStoreErrorCode, message: string) {
    super(message)
    this.name = 'KeyStoreError'
    this.code = code
  }
}
