// The lock file pins every package by exact version and hash, and nothing comes from git or a bare address.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..')
const read = (name) => JSON.parse(readFileSync(join(root, name), 'utf8'))
const manifest = read('package.json')
const lock = read('package-lock.json')
const faults = []

for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies']) {
  for (const [name, version] of Object.entries(manifest[kind] ?? {})) {
    if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) faults.push(`${name}: "${version}" is no exact version`)
  }
}
for (const [path, entry] of Object.entries(lock.packages)) {
  if (!path || entry.link || entry.inBundle) continue
  if (!entry.integrity) faults.push(`${path}: no integrity hash`)
  if (entry.resolved && !/^https:.*\.tgz$/.test(entry.resolved)) faults.push(`${path}: not from a registry`)
}
if (faults.length > 0) {
  console.error(faults.join('\n'))
  process.exit(1)
}
console.log(`${Object.keys(lock.packages).length - 1} packages pinned`)
