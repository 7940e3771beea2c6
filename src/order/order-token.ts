import { createHmac, timingSafeEqual } from 'node:crypto'
import type { VaultKeys } from '../adapters/keys/port.ts'

/**
 * What lets a guest see an order: 128 bits that only we can derive from its id, so that every mail can name the page
 * and nothing is stored that opens it.
 */
export function orderToken(keys: Pick<VaultKeys, 'codeKey'>, orderId: string): string {
  return derived(keys, `order/${orderId}`)
}

export function isOrderToken(keys: Pick<VaultKeys, 'codeKey'>, orderId: string, token: string): boolean {
  return isSame(orderToken(keys, orderId), token)
}

/**
 * What lets its reader name the account that the money of an order goes to that waits for one (name-account.ts). It is in
 * one mail, to the address that ordered, and dies when any of this money is sent or more comes: whoever only has the
 * order's page, from an old mail or a forwarded one, has not got it.
 */
export function accountKey(keys: Pick<VaultKeys, 'codeKey'>, waiting: string[]): string {
  return derived(keys, `order-account/${waiting.join()}`)
}

export function isAccountKey(keys: Pick<VaultKeys, 'codeKey'>, waiting: string[], key: string): boolean {
  return isSame(accountKey(keys, waiting), key)
}

function derived({ codeKey }: Pick<VaultKeys, 'codeKey'>, what: string): string {
  return createHmac('sha256', codeKey).update(what).digest().subarray(0, 16).toString('base64url')
}

function isSame(right: string, given: string): boolean {
  const [one, other] = [Buffer.from(right), Buffer.from(given)]
  return one.length === other.length && timingSafeEqual(one, other)
}

/** Address of the order's page, without the host. */
export function orderPath(
  locale: string,
  order: { issuerId: string; number: string; token: string },
): string {
  return `/${order.issuerId}/${locale}/order/${order.number}/${order.token}`
}
