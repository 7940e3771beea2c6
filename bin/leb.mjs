#!/usr/bin/env node
// Starts LEB under the Node 24 that npm ci brought along, whatever Node called this. Plain JavaScript for any
// Node from 18 on; everything else lives in src/.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const start = join(root, 'bin', 'start.mjs')
const isFit = Number(process.versions.node.split('.')[0]) >= 24

if (isFit) await import('./start.mjs')
else {
  const node = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node')
  if (!existsSync(node)) {
    console.error(
      `leb: needs Node 24; this is ${process.version}, and npm ci brought none for ${process.platform}-${process.arch}. Install Node 24 and run it with that.`,
    )
    process.exit(2)
  }
  const child = spawn(node, [start, ...process.argv.slice(2)], { stdio: 'inherit' })
  // A terminal's Ctrl-C reaches the child by itself; a signal sent to this process alone is passed on.
  process.on('SIGINT', () => undefined)
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`leb: could not start Node 24: ${error.message}`)
    process.exit(2)
  })
  child.on('exit', (code, signal) => {
    if (!signal) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}
