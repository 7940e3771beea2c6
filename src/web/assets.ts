import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Handler } from 'hono'
import { z } from 'zod'
import { SetupError } from '../platform/errors.ts'
import { WebFault } from './web-fault.ts'

/** Addresses of the built files, each with the hash of its content in its name. */
export type AssetNames = { css: string; script: string; icon: string }
export type Assets = { names: AssetNames; serve: Handler }

const manifestSchema = z.object({ css: z.string(), script: z.string(), icon: z.string() })
const types: Record<string, string> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}
// Best first. The build has written each file in all three forms.
const encodings = [
  { name: 'br', suffix: '.br' },
  { name: 'gzip', suffix: '.gz' },
  { name: '', suffix: '' },
]

/** Reads what bin/build-assets.mjs made; a few KB, kept in memory. Throws SetupError when it was never built. */
export function loadAssets(dir: string): Assets {
  const manifest = join(dir, 'manifest.json')
  if (!existsSync(manifest)) throw new SetupError(`${dir} holds no styles: run npm run build first`)
  const names = manifestSchema.parse(JSON.parse(readFileSync(manifest, 'utf8')))
  const files = new Map<string, Buffer>()
  for (const name of Object.values(names))
    for (const { suffix } of encodings) files.set(name + suffix, readFileSync(join(dir, name + suffix)))
  const at = (name: string) => `/assets/${name}`
  return {
    names: { css: at(names.css), script: at(names.script), icon: at(names.icon) },
    serve: (c) => {
      const name = c.req.param('name') ?? ''
      const accepted = c.req.header('accept-encoding') ?? ''
      const taken = encodings.find((e) => e.name === '' || accepted.includes(e.name))!
      const body = Object.values(names).includes(name) ? files.get(name + taken.suffix) : undefined
      if (!body) throw new WebFault('notFound')
      c.header('Content-Type', types[name.split('.').at(-1)!] ?? 'application/octet-stream')
      c.header('Cache-Control', 'public, max-age=31536000, immutable')
      c.header('Vary', 'Accept-Encoding')
      if (taken.name) c.header('Content-Encoding', taken.name)
      return c.body(new Uint8Array(body))
    },
  }
}
