/**
 * Arrays as PostgreSQL writes them, built by hand: the driver escapes every element with two regular expressions,
 * which for a batch costs as much as rating it does. `plain` is for what needs no quotes: numbers, uuids, digits, our
 * own code words; null stays null. `quoted` is for any text.
 */
export function plain(values: readonly (string | number | bigint | null)[]): string {
  return `{${values.map((value) => value ?? 'NULL').join(',')}}`
}

export function quoted(values: readonly string[]): string {
  return `{${values.map((value) => `"${/["\\]/.test(value) ? value.replaceAll(/["\\]/g, '\\$&') : value}"`).join(',')}}`
}

export function bytes(values: readonly Buffer[]): string {
  return `{${values.map((value) => `"\\\\x${value.toString('hex')}"`).join(',')}}`
}
