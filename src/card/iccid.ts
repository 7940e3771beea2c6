/** True for 19 or 20 digits whose last is the Luhn check digit (ITU-T E.118, ISO/IEC 7812-1). */
export function isIccid(text: string): boolean {
  return /^\d{19,20}$/.test(text) && luhnSum(text) % 10 === 0
}

/** The check digit that makes `digits` an ICCID. */
export function luhnDigit(digits: string): string {
  return String((10 - (luhnSum(`${digits}0`) % 10)) % 10)
}

function luhnSum(text: string): number {
  let sum = 0
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(text.length - 1 - at) - 48
    sum += at % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2
  }
  return sum
}

/** True for the 32 digits of an eUICC whose whole number leaves 1 divided by 97 (SGP.29, ISO/IEC 7064). */
export function isEid(text: string): boolean {
  return /^\d{32}$/.test(text) && BigInt(text) % 97n === 1n
}

export type SeenIccids = {
  /** Line of the first record with this ICCID, or undefined when `line` is it. */
  firstLine(iccid: string, line: number): number | undefined
}

/**
 * Remembers every ICCID of a file in flat arrays, 16 to 32 bytes each: a million take some 25 MB, where a Map of
 * strings takes 100. Exact: without its check digit an ICCID has at most 19 digits and fits 64 bits.
 */
export function makeSeenIccids(): SeenIccids {
  let bits = 12
  let count = 0
  let codes = new BigUint64Array(1 << bits)
  let lines = new Uint32Array(1 << bits)

  const place = (code: bigint) => {
    const mask = codes.length - 1
    // Fibonacci hashing: the top bits of the product spread neighbours, which ICCIDs of one batch are.
    let at = Number(BigInt.asUintN(64, code * 0x9e3779b97f4a7c15n) >> BigInt(64 - bits))
    while (codes[at] !== 0n && codes[at] !== code) at = (at + 1) & mask
    return at
  }
  const grow = () => {
    const before = { codes, lines }
    bits++
    codes = new BigUint64Array(1 << bits)
    lines = new Uint32Array(1 << bits)
    before.codes.forEach((code, from) => {
      if (code === 0n) return
      const at = place(code)
      codes[at] = code
      lines[at] = before.lines[from]!
    })
  }
  return {
    firstLine(iccid, line) {
      // 19 digits before the 20-digit ones, 0 kept for "empty": 10^18 + 10^19 + 1 is below 2^64.
      const code = BigInt(iccid.slice(0, -1)) + (iccid.length === 20 ? 10n ** 18n + 1n : 1n)
      const at = place(code)
      if (codes[at] === code) return lines[at]
      codes[at] = code
      lines[at] = line
      if (++count * 4 > codes.length * 3) grow()
      return undefined
    },
  }
}
