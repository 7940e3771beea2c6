import type { KeyStore } from '../adapters/keys/port.ts'
import { publicJwks } from './jwks.ts'

/** Where the portal serves the roots that its seals are checked against: what `leb verify --trust` takes. */
export const roots_path = '/.well-known/leb-root.pem'
/** What the installation's own root has revoked: what `leb verify --crl` takes. */
export const crl_path = '/.well-known/leb-crl.der'

type Body = { type: string; body: string | Uint8Array }

const papers: Record<string, (keys: KeyStore) => Promise<Body>> = {
  '/.well-known/jwks.json': async (keys) => ({
    type: 'application/jwk-set+json',
    body: JSON.stringify(await publicJwks(keys)),
  }),
  // RFC 8555 section 9.1; one certificate after another, none of them vouching for the next.
  [roots_path]: async (keys) => ({
    type: 'application/pem-certificate-chain',
    body: `${(await keys.trustRoots()).join('\n')}\n`,
  }),
  // RFC 2585 section 4.2
  [crl_path]: async (keys) => ({ type: 'application/pkix-crl', body: await keys.crl() }),
}

/** What whoever checks a seal needs and anybody may have; undefined for any other path. */
export function answerVerifier(keys: KeyStore, pathname: string): Promise<Response> | undefined {
  const make = Object.hasOwn(papers, pathname) ? papers[pathname] : undefined
  return make?.(keys).then(
    ({ type, body }) =>
      new Response(body as BodyInit, {
        headers: { 'content-type': type, 'cache-control': 'public, max-age=300' },
      }),
  )
}
