import { isReadableNumber, tidyNumber } from '../platform/ids.ts'

/** What every order number of an issuer begins with (src/order/place-order.ts). */
export const orderPrefix = (issuerId: string) => `${issuerId.toUpperCase().slice(0, 12)}-ORD-`

/**
 * The order numbers in what a payer wrote: whole ones first, however they are spaced, cased or run together, then
 * bare ones (`2k7m 9qxct`) that stand by themselves. Only those whose check sign fits.
 */
export function findOrderNumbers(text: string, issuerId: string): string[] {
  const prefix = orderPrefix(issuerId)
  const upper = text.toUpperCase().normalize('NFKC')
  const compact = upper.replace(/[^A-Z0-9]/g, '')
  const start = prefix.replaceAll('-', '')
  const whole = startsOf(compact, start).map((at) => compact.slice(at + start.length, at + start.length + 9))
  const bare = [...upper.matchAll(/(?<![A-Z0-9])(?=((?:[A-Z0-9][\s.-]{0,2}){8}[A-Z0-9])(?![A-Z0-9]))/g)].map(
    (found) => found[1]!.replace(/[^A-Z0-9]/g, ''),
  )
  const numbers = [...whole, ...bare].filter(isReadableNumber).map((sign) => prefix + tidyNumber(sign))
  return [...new Set(numbers)]
}

function startsOf(text: string, part: string): number[] {
  const starts: number[] = []
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) starts.push(at)
  return starts
}
