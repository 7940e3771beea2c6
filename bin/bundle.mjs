// How every program of ours is bundled: dependencies stay in node_modules, but for the one that would cost a second.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..')
const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
// Of react-email we use six components. Imported whole it took 1,180 ms of each start, bundled 39 ms.
// React comes with it, so that it is its fast build, whatever NODE_ENV says.
const inside = ['react-email', 'react', 'react-dom']
const outside = Object.keys(dependencies).filter((name) => !inside.includes(name))

/** @param {Record<string, string>} entryPoints @param {string} outdir */
export async function bundle(entryPoints, outdir) {
  await build({
    absWorkingDir: root,
    // The thread that typesets is started by its file (src/slip/typeset-aside.ts).
    entryPoints: { ...entryPoints, 'typeset-thread': 'src/slip/typeset-thread.ts' },
    outdir,
    bundle: true,
    splitting: true,
    external: outside.flatMap((name) => [name, `${name}/*`]),
    format: 'esm',
    platform: 'node',
    target: 'node24',
    jsx: 'automatic',
    jsxImportSource: 'hono/jsx',
    sourcemap: true,
    sourcesContent: false,
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'warning',
    // What is bundled may be CommonJS and ask for Node's own modules.
    banner: {
      js: `import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);`,
    },
  })
}
