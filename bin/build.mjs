// Builds dist/: the program (esbuild, dependencies stay in node_modules) and the portal's assets.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildAssets } from './build-assets.mjs'
import { bundle } from './bundle.mjs'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')
const stamp = join(dist, 'built.json')

/** Newest change under the sources, by time and count, so that a removed file counts too. */
function sourcesState() {
  let newest = 0
  let count = 0
  for (const dir of ['src', 'sim', 'bin']) {
    for (const name of readdirSync(join(root, dir), { recursive: true })) {
      if (/\.test\.tsx?$/.test(name)) continue
      const info = statSync(join(root, dir, name))
      if (!info.isFile()) continue
      newest = Math.max(newest, info.mtimeMs)
      count++
    }
  }
  return JSON.stringify({ newest, count })
}

export async function buildIfStale() {
  const state = sourcesState()
  let built = ''
  try {
    built = readFileSync(stamp, 'utf8')
  } catch {
    // never built
  }
  if (built !== state) await buildAll(state)
}

/** Built beside and moved into place, so that a process starting meanwhile sees either the old or the new. */
export async function buildAll(state = sourcesState()) {
  const fresh = `${dist}.${process.pid}`
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { recursive: true })
  await bundle({ main: 'src/main.ts', sim: 'sim/main.ts' }, fresh)
  await buildAssets(join(fresh, 'assets'))
  writeFileSync(join(fresh, 'built.json'), state)
  const old = `${fresh}.old`
  try {
    renameSync(dist, old)
  } catch {
    // first build
  }
  try {
    renameSync(fresh, dist)
  } catch (error) {
    // Another process built the same sources at the same moment and was first.
    rmSync(fresh, { recursive: true, force: true })
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
  }
  rmSync(old, { recursive: true, force: true })
}

if (process.argv[1] === import.meta.filename) await buildAll()
