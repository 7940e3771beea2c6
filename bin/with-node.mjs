// Runs a script of ours under the Node 24 that npm ci brought along: node bin/with-node.mjs SCRIPT [ARGUMENTS]
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const own = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node')
const isFit = Number(process.versions.node.split('.')[0]) >= 24
if (!isFit && !existsSync(own)) {
  console.error(
    `leb: needs Node 24; this is ${process.version}, and npm ci brought none for ${process.platform}-${process.arch}.`,
  )
  process.exit(1)
}
const node = existsSync(own) ? own : process.execPath
const path = `${dirname(node)}:${process.env.PATH ?? ''}`
process.on('SIGINT', () => undefined)
const { status, signal } = spawnSync(node, process.argv.slice(2), {
  stdio: 'inherit',
  env: { ...process.env, PATH: path },
})
process.exit(status ?? (signal === 'SIGINT' ? 130 : 1))
