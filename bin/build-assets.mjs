import { createHash } from 'node:crypto'
import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const run = promisify(execFile)

/**
 * Builds styles, script and icon into `outDir` (made new): each under a name with its content's hash, plain, gzip
 * and brotli, and manifest.json that says which is which.
 * @param {string} outDir
 */
export async function buildAssets(outDir) {
  await mkdir(dirname(outDir), { recursive: true })
  const fresh = await mkdtemp(`${outDir}-`)
  const files = {
    css: { ext: 'css', body: await styles(fresh) },
    script: { ext: 'js', body: await script() },
    icon: { ext: 'svg', body: await readFile(join(root, 'src/web/icon.svg')) },
  }
  const manifest = {}
  for (const [kind, { ext, body }] of Object.entries(files)) {
    const hash = createHash('sha256').update(body).digest('hex').slice(0, 10)
    const name = `${kind === 'icon' ? 'icon' : 'app'}.${hash}.${ext}`
    await writeFile(join(fresh, name), body)
    await writeFile(join(fresh, `${name}.gz`), gzipSync(body, { level: 9 }))
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11 }
    await writeFile(join(fresh, `${name}.br`), brotliCompressSync(body, { params }))
    manifest[kind] = name
  }
  await writeFile(join(fresh, 'manifest.json'), JSON.stringify(manifest))
  await rm(outDir, { recursive: true, force: true })
  await chmod(fresh, 0o755)
  await rename(fresh, outDir)
}

async function styles(dir) {
  const out = join(dir, 'styles.tmp')
  const cli = fileURLToPath(import.meta.resolve('@tailwindcss/cli/package.json'))
  const args = [join(dirname(cli), 'dist/index.mjs'), '-i', 'src/web/styles.css', '-o', out, '--minify']
  await run(process.execPath, args, { cwd: root })
  const css = await readFile(out)
  await rm(out)
  return css
}

async function script() {
  const result = await build({
    entryPoints: [join(root, 'src/web/script.ts')],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: 'es2020',
    legalComments: 'none',
  })
  return Buffer.from(result.outputFiles[0].contents)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildAssets(join(root, 'dist/assets'))
