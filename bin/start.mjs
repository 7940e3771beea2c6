// In a checkout: brings dist/ up to date with src/ (a quarter of a second, only when something changed).
// Installed without sources: runs what was built.
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
if (existsSync(join(root, 'src', 'main.ts'))) await (await import('./build.mjs')).buildIfStale()
const { main } = await import('../dist/main.js')
await main(process.argv)
