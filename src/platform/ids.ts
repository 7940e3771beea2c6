import { randomBytes } from 'node:crypto'
import { v7 } from 'uuid'
import type { Clock } from './clock.ts'

/** New ids and secrets. Ids are UUID v7 (RFC 9562), so that rows written together lie together. */
export type Ids = {
  next(): string
  /** URL-safe secret of `bytes` random bytes. */
  secret(bytes: number): string
  /** A number people read to each other: 8 signs of Crockford base 32 and a check sign, `2K7M-9QXCT`. */
  readable(): string
}

const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

export function makeIds(clock: Clock, random: (size: number) => Buffer = randomBytes): Ids {
  return {
    next: () => v7({ msecs: clock.now().getTime(), random: random(16) }),
    secret: (bytes) => random(bytes).toString('base64url'),
    readable: () => {
      const signs = [...random(8)].map((byte) => crockford[byte % 32]!)
      return `${signs.slice(0, 4).join('')}-${signs.slice(4).join('')}${checkSign(signs)}`
    },
  }
}

/** Weighted sum modulo 31 (prime): one wrong sign and most swapped neighbours are noticed. */
function checkSign(signs: string[]): string {
  const sum = signs.reduce((total, sign, at) => total + (at + 2) * crockford.indexOf(sign), 0)
  return crockford[sum % 31]!
}

/** True when the check sign of `2K7M-9QXCT` fits; forgives lower case, spaces and I, L, O. */
export function isReadableNumber(text: string): boolean {
  const signs = [...tidyNumber(text).replaceAll('-', '')]
  return (
    signs.length === 9 &&
    signs.every((s) => crockford.includes(s)) &&
    checkSign(signs.slice(0, 8)) === signs[8]
  )
}

/** What someone typed, as the number is written: `2k7m 9qxct` becomes `2K7M-9QXCT`. */
export function tidyNumber(text: string): string {
  const signs = text.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1')
  return signs.length === 9 ? `${signs.slice(0, 4)}-${signs.slice(4)}` : signs
}
