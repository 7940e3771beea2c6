type Print = (text: string) => void

/** How many rows a list had by each name, told after them. */
export type Counts = Record<string, number>

/**
 * Prints what is found as it is found, so that thousands need no memory: a table with its head, each row of as many
 * lines as it takes; or one JSON object `{[name]: rows, ...counts}`. Answers the exit code, which is 0.
 */
export async function printList<Row extends object>(
  rows: AsyncIterable<Row>,
  how: {
    json: boolean
    out: Print
    /** What the rows are in JSON, e.g. `closures`. */
    name: string
    head: string
    lines: (row: Row) => string[]
    counts: Counts
    /** Adds a row to the counts. */
    count: (row: Row, counts: Counts) => void
    /** Said last, or instead of a table without rows. */
    sums: (counts: Counts) => string
  },
): Promise<number> {
  const { json, out, name, head, counts } = how
  let first = true
  if (json) out(`{"${name}":[`)
  for await (const row of rows) {
    how.count(row, counts)
    if (json) out(`${first ? '' : ','}${JSON.stringify(row)}`)
    else out(`${first ? `${head}\n` : ''}${how.lines(row).join('\n')}\n`)
    first = false
  }
  out(json ? `],${JSON.stringify(counts).slice(1)}\n` : `${how.sums(counts)}\n`)
  return 0
}

/** For a table's column: `2026-11-22 15:26`, UTC. */
export const minuteUtc = (at: Date): string => at.toISOString().slice(0, 16).replace('T', ' ')
