import type { Untaxed } from '../issuer/tax-rules.ts'
import { splitTax } from '../plan/tax.ts'
import type { Wording } from '../platform/errors.ts'

/** One line as the caller knows it: what was charged, tax included. */
export type GrossLine = {
  text: Wording
  quantity: number
  grossMinor: bigint
  rateBp: number
  taxName: Wording
  /** The tax in it where the books say another sum than gross × rate / (1 + rate), as for the rest of a credit. */
  taxMinor?: bigint
  /** Why a rate is 0; exempt where it is not told. Money that is only kept for later use is outside (docs/adr/0011). */
  untaxed?: Untaxed
  /** The legal ground of it. */
  reason?: string
}
export type NetLine = GrossLine & { net: bigint; tax: bigint }
export type TaxGroup = {
  rateBp: number
  name: Wording
  reason?: string
  net: bigint
  tax: bigint
  gross: bigint
}
export type Amounts = {
  lines: NetLine[]
  taxes: TaxGroup[]
  totals: { net: bigint; tax: bigint; gross: bigint }
}

/**
 * Net and tax of every line, rate and total, from prices that include tax, in minor units. Each rate's tax is
 * computed once, from the sum of its lines (as the ledger books it, src/plan/tax.ts), and given out to them by
 * largest remainder: so the sums of EN 16931 (BR-CO-10, -13, -14, -15, BR-S-08) hold to the minor unit by
 * construction. BR-CO-17 asks tax = net × rate, which for some prices no pair of whole cents fulfils (0.03 at 19 %):
 * there the difference is one minor unit at most, within what the official rules allow.
 */
export function invoiceAmounts(lines: GrossLine[]): Amounts {
  const rates = [...new Set(lines.map((line) => line.rateBp))].sort((a, b) => b - a)
  const taxOfLine = new Map<GrossLine, bigint>()
  for (const rateBp of rates) shareTax(lines.filter((line) => line.rateBp === rateBp)).forEach(keep)
  function keep([line, tax]: [GrossLine, bigint]): void {
    taxOfLine.set(line, tax)
  }
  const net = lines.map((line): NetLine => {
    const tax = taxOfLine.get(line)!
    return { ...line, net: line.grossMinor - tax, tax }
  })
  const taxes = rates.map((rateBp) => group(net.filter((line) => line.rateBp === rateBp)))
  return { lines: net, taxes, totals: sums(net) }
}

function shareTax(lines: GrossLine[]): [GrossLine, bigint][] {
  if (lines.every((line) => line.taxMinor !== undefined)) return lines.map((line) => [line, line.taxMinor!])
  const { rateBp } = lines[0]!
  const whole = BigInt(10_000 + rateBp)
  const { tax } = splitTax(sum(lines.map((line) => line.grossMinor)), rateBp)
  const parts = lines.map((line) => {
    const exact = line.grossMinor * BigInt(rateBp)
    const rest = ((exact % whole) + whole) % whole
    return { line, tax: (exact - rest) / whole, rest }
  })
  let left = tax - sum(parts.map((part) => part.tax))
  for (const part of parts.toSorted((a, b) => (a.rest > b.rest ? -1 : a.rest < b.rest ? 1 : 0))) {
    if (left <= 0n) break
    part.tax += 1n
    left -= 1n
  }
  return parts.map((part) => [part.line, part.tax])
}

/** What lines of one rate come to. */
export function group(lines: NetLine[]): TaxGroup {
  const { rateBp } = lines[0]!
  const names = [...new Map(lines.map((line) => [line.taxName.en, line.taxName])).values()]
  const name = {
    'zh-CN': names.map((one) => one['zh-CN']).join('；'),
    en: names.map((one) => one.en).join('; '),
  }
  const reasons = [...new Set(lines.flatMap((line) => line.reason ?? []))]
  return { rateBp, name, ...(reasons.length > 0 && { reason: reasons.join('; ') }), ...sums(lines) }
}

function sums(lines: NetLine[]): { net: bigint; tax: bigint; gross: bigint } {
  return {
    net: sum(lines.map((line) => line.net)),
    tax: sum(lines.map((line) => line.tax)),
    gross: sum(lines.map((line) => line.grossMinor)),
  }
}

const sum = (parts: bigint[]): bigint => parts.reduce((total, part) => total + part, 0n)
