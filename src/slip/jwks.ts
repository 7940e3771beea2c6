import type { KeyStore } from '../adapters/keys/port.ts'

/**
 * The body of `/.well-known/jwks.json` (RFC 7517): every key that ever sealed, so that old documents stay checkable.
 * `leb_*` members say who sealed with it and until when it is to be believed.
 */
export const publicJwks = async (keys: KeyStore) => {
  const records = await Promise.all((await keys.issuers()).map((id) => keys.history(id)))
  return {
    keys: records.flat().map((record) => ({
      ...record.jwk,
      kid: record.kid,
      alg: 'ES256',
      use: 'sig',
      x5c: record.chainPem
        .split('-----END CERTIFICATE-----')
        .map((pem) => pem.replace(/-----BEGIN CERTIFICATE-----|\s/g, ''))
        .filter((base64) => base64.length > 0),
      leb_issuer: record.issuerId,
      leb_not_before: record.notBefore,
      leb_not_after: record.notAfter,
      ...(record.retiredAt ? { leb_retired_at: record.retiredAt } : {}),
      ...(record.revokedAt ? { leb_revoked_at: record.revokedAt } : {}),
    })),
  }
}
