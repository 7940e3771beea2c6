import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * Tokens that bind a form to one browser (synchroniser token by HMAC). Each carries its own nonce, so that no two
 * pages repeat the same secret text beside what a visitor typed (BREACH).
 */
export function makeFormToken(key: Uint8Array, secret: string): string {
  const nonce = randomBytes(12).toString('base64url')
  return `${nonce}.${mac(key, secret, nonce)}`
}

export function isFormToken(key: Uint8Array, secret: string, token: string): boolean {
  const [nonce = '', given = ''] = token.split('.')
  const right = Buffer.from(mac(key, secret, nonce))
  const typed = Buffer.from(given)
  return secret !== '' && right.length === typed.length && timingSafeEqual(right, typed)
}

const mac = (key: Uint8Array, secret: string, nonce: string) =>
  createHmac('sha256', key).update(`form/${nonce}/${secret}`).digest('base64url')
