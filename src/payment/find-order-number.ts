import { isReadableNumber, tidyNumber } from '../platform/ids.ts'

/** What every order number of an issuer begins with (src/order/place-order.ts). */
export const orderPrefix = (issuerId: string) => `${issuerId.toUpperCase().slice(0, 12)}-ORD-`

/** A bare number as it is written or run together, `2K7M-9QXCT`, `2k7m 9qxct`, `2K7M9QXCT`. */
const asWritten = String.raw`[A-Z0-9]{4}[\s.-]{0,2}[A-Z0-9]{5}`
/** The same with gaps anywhere, as banks break lines: `2K7 M9Q XCT`. */
const brokenUp = String.raw`(?:[A-Z0-9][\s.-]{0,2}){8}[A-Z0-9]`

/**
 * The order numbers in what a payer wrote: whole ones first, however they are spaced, cased or run together, then
 * bare ones that stand by themselves. Only those whose check sign fits. One sign of nine fits by chance in one of
 * 31 texts, so what was read in one way is not read in a worse one again: in `order 2k7m 9qxct` nobody wrote
 * `ORDE-R2K7M`.
 */
export function findOrderNumbers(text: string, issuerId: string): string[] {
  const prefix = orderPrefix(issuerId)
  let rest = text.toUpperCase().normalize('NFKC')
  const found = new Set<string>()
  for (const way of [wholeNumber(prefix), bareNumber(asWritten), bareNumber(brokenUp)]) {
    const numbers = [...rest.matchAll(way)]
      .map((match) => ({ at: match.index, written: match[1]!, sign: match[2]!.replace(/[^A-Z0-9]/g, '') }))
      .filter(({ sign }) => isReadableNumber(sign))
    for (const { sign } of numbers) found.add(prefix + tidyNumber(sign))
    for (const { at, written } of numbers) rest = withoutPart(rest, at, written.length)
  }
  return [...found]
}

/** The prefix and nine signs, with anything between them that is neither letter nor digit. */
function wholeNumber(prefix: string): RegExp {
  const spaced = (signs: string[]) => signs.join('[^A-Z0-9]*')
  const start = spaced([...prefix.replace(/[^A-Z0-9]/g, '')])
  return new RegExp(`(?=(${start}[^A-Z0-9]*(${spaced(Array<string>(9).fill('[A-Z0-9]'))})))`, 'g')
}

const bareNumber = (shape: string) => new RegExp(`(?<![A-Z0-9])(?=((${shape}))(?![A-Z0-9]))`, 'g')

/** Keeps every other sign where it was; no number is read across the gap. */
const withoutPart = (text: string, at: number, length: number) =>
  text.slice(0, at) + '|'.repeat(length) + text.slice(at + length)
