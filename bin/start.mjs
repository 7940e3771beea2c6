// In a checkout: brings dist/ up to date with src/ (a quarter of a second, only when something changed).
// Installed without sources: runs what was built.
import { existsSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
// A fifth of a start is compiling: what one process compiled is kept for the next. Where nothing can be written, nothing is.
enableCompileCache(join(root, 'node_modules', '.cache', 'leb'))
if (existsSync(join(root, 'src', 'main.ts'))) await (await import('./build.mjs')).buildIfStale()
const { main } = await import('../dist/main.js')
await main(process.argv)
