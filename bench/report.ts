/** What every bench ends with. `ratio` is value against reference, the way round that the goal is told. */
export type Report = {
  name: string
  value: number
  unit: string
  reference: number | null
  ratio: number | null
  detail: Record<string, unknown>
}

/** A table for people on standard error, and with `--json` one object for machines on standard output. */
export function report(result: Report, json: boolean): void {
  const shown = (value: unknown) =>
    typeof value === 'number'
      ? String(Math.round(value * 100) / 100)
      : typeof value === 'string'
        ? value
        : JSON.stringify(value)
  const rows: [string, string][] = [
    [result.name, `${shown(result.value)} ${result.unit}`],
    ['reference', result.reference === null ? '-' : `${shown(result.reference)} ${result.unit}`],
    ['ratio', result.ratio === null ? '-' : shown(result.ratio)],
    ...Object.entries(result.detail).map(([name, value]): [string, string] => [name, shown(value)]),
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  for (const [name, value] of rows) process.stderr.write(`  ${name.padEnd(width)}  ${value}\n`)
  if (json) process.stdout.write(`${JSON.stringify(result)}\n`)
}
