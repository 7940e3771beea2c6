// Every installed package must carry a licence that Apache-2.0 software may be shipped beside.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
const fine =
  /^(MIT|MIT-0|ISC|Apache-2\.0|BSD-2-Clause|BSD-3-Clause|0BSD|BlueOak-1\.0\.0|CC0-1\.0|CC-BY-4\.0|Unlicense|Python-2\.0|MPL-2\.0|PostgreSQL|OFL-1\.1|WTFPL|Zlib)$/
// Said in the package's own LICENSE file, not in its package.json.
const known = new Map([])

/** `(MIT OR GPL-3.0)` is fine when one choice is; `MIT AND OFL-1.1` when all parts are. */
function isFine(licence) {
  return licence
    .replace(/[()]/g, '')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((one) => fine.test(one.trim())))
}

const faults = []
let count = 0
for (const [path, entry] of Object.entries(lock.packages)) {
  if (!path || entry.link) continue
  const manifest = join(root, path, 'package.json')
  // A package for another platform is not here; the lock file repeats its licence.
  const said = existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).license : entry.license
  const licence = known.get(path) ?? (typeof said === 'object' ? said?.type : said) ?? entry.license ?? 'none'
  count++
  if (!isFine(licence)) faults.push(`${path}: ${licence}`)
}
if (faults.length > 0) {
  console.error(`licences to look at:\n${faults.join('\n')}`)
  process.exit(1)
}
console.log(`${count} packages, all with a licence that fits`)
