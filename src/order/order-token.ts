import { createHmac, timingSafeEqual } from 'node:crypto'
import type { VaultKeys } from '../adapters/keys/port.ts'

/**
 * What lets a guest see an order: 128 bits that only we can derive from its id, so that every mail can name the page
 * and nothing is stored that opens it.
 */
export function orderToken(keys: Pick<VaultKeys, 'codeKey'>, orderId: string): string {
  return createHmac('sha256', keys.codeKey)
    .update(`order/${orderId}`)
    .digest()
    .subarray(0, 16)
    .toString('base64url')
}

export function isOrderToken(keys: Pick<VaultKeys, 'codeKey'>, orderId: string, token: string): boolean {
  const right = Buffer.from(orderToken(keys, orderId))
  const given = Buffer.from(token)
  return right.length === given.length && timingSafeEqual(right, given)
}

/** Address of the order's page, without the host. */
export function orderPath(
  locale: string,
  order: { issuerId: string; number: string; token: string },
): string {
  return `/${order.issuerId}/${locale}/order/${order.number}/${order.token}`
}
