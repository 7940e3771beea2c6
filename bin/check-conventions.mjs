// What no linter knows: our own rules about time, chance, environment, money, names and size.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'src', 'sim'], {
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => /\.tsx?$/.test(file))

/** [pattern, files it holds for, files it doesn't, what to do instead] */
const rules = [
  [
    /\bnew Date\(\)/,
    /^src\//,
    /^src\/(platform|demo)\/|\.test\.|conformance|src\/web\/script\.ts/,
    'ask ctx.clock.now()',
  ],
  [
    /\b(Date\.now\(\)|Math\.random\(\))/,
    /^src\//,
    /^src\/platform\/|\.test\.|conformance|src\/web\/script\.ts/,
    'ask ctx.clock or ctx.ids',
  ],
  [
    /\bprocess\.env\b/,
    /^src\//,
    /^src\/platform\/|^src\/demo\/|\.test\./,
    'settings come through platform/env.ts',
  ],
  [
    /\bparseFloat\(|\.toFixed\(/,
    /^src\//,
    /\.test\.|^src\/(demo|card\/progress-bar)/,
    'money is bigint minor units, never a float',
  ],
  [
    /\bNumber\([^)]*([Aa]mount|[Bb]alance|[Mm]inor|[Mm]oney)/,
    /^src\//,
    /\.test\.|stripe-amount\.ts|^src\/demo\//,
    'money is bigint minor units, never a float',
  ],
  [/\b(TODO|FIXME|XXX)\b/, /./, /\.test\./, 'finish it or say so in an issue'],
  [/\b(it|test|describe)\.(skip|only|todo)\b/, /./, /$^/, 'a skipped test is a defect'],
  [
    /\bpage\.zone\b|\bpolicy\.time_zone\b|\bpolicyFor\([^)]*\)\)?\.time_zone/,
    /^src\/.*(-routes|-api|-json|-letter|-letters|-mail|notice)\.tsx?$|^src\/.*\/pages\/|^src\/web\//,
    // Where no account is known or may be told.
    /\.test\.|unsigned|holder-routes|error-answers/,
    'a time that a person is told: ask policy/told-zone.ts',
  ],
  [/export default\b/, /^src\//, /$^/, 'named exports only'],
]
const drawers = /(^|\/)(utils?|helpers?|lib|common|misc|manager)(\/|\.tsx?$)/

const faults = []
for (const file of files) {
  if (drawers.test(file)) faults.push(`${file}: a drawer says nothing; name the file for what it does`)
  const lines = readFileSync(file, 'utf8').split('\n')
  if (lines.length > 300 && !file.endsWith('platform/tables.ts'))
    faults.push(`${file}: ${lines.length} lines; two rooms?`)
  for (const [at, line] of lines.entries()) {
    for (const [pattern, holds, except, instead] of rules) {
      if (pattern.test(line) && holds.test(file) && !except.test(file))
        faults.push(`${file}:${at + 1}: ${instead}\n    ${line.trim()}`)
    }
  }
}
if (faults.length > 0) {
  console.error(faults.join('\n'))
  process.exit(1)
}
console.log(`conventions hold in ${files.length} files`)
