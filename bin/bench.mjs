// npm run bench -- NAME [options]: runs bench/NAME.ts; with --json it ends with one JSON object.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { buildIfStale } from './build.mjs'

const root = join(import.meta.dirname, '..')
const benches = ['closure', 'declare', 'crash', 'import', 'ledger', 'checkout', 'expiry', 'page']
const [name = '', ...options] = process.argv.slice(2)
if (!benches.includes(name)) {
  console.error(
    `npm run bench -- NAME [--json], where NAME is one of ${benches.join(', ')}; bench/README.md says more`,
  )
  process.exit(2)
}
await buildIfStale()
const { status } = spawnSync(process.execPath, [join(root, 'bench', `${name}.ts`), ...options], {
  cwd: root,
  stdio: 'inherit',
})
process.exit(status ?? 1)
