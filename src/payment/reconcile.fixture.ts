/** A report with one cell changed in the lines that hold `ref`. */
export function withCell(csv: string, ref: string, column: string, to: string): string {
  const [head = '', ...rows] = csv.trimEnd().split('\n')
  const at = head.split(',').indexOf(column)
  const mend = (row: string) => {
    const cells = row.split(',')
    if (row.includes(ref)) cells[at] = to
    return cells.join(',')
  }
  return [head, ...rows.map(mend)].join('\n')
}

/** A report without the lines that hold `ref`. */
export function withoutLine(csv: string, ref: string): string {
  return csv
    .split('\n')
    .filter((row) => !row.includes(ref))
    .join('\n')
}

/** One more line, as sim/payment-balance.ts writes them. */
export const row = (
  category: string,
  source: string,
  intent: string,
  gross: string,
  more: { txn?: string; net?: string; at?: string } = {},
) =>
  `${more.txn ?? `txn_${source}`},${more.at ?? '2026-11-22 10:30:00'},,,,cny,${gross},0.00,${more.net ?? gross},${category},${source},,,,,${intent}\n`
