// Writes src/platform/tables.ts from a freshly migrated database. CI fails when the result differs.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync, chmodSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '../src/platform/embedded-postgres.ts'
import { migrate } from '../src/platform/migrate.ts'
import { projectFile } from '../src/platform/project.ts'

const dir = mkdtempSync(join(tmpdir(), 'leb-tables-'))
chmodSync(dir, 0o755)
const server = await startEmbeddedPostgres({ dir, settings: { fsync: 'off' } })
const out = projectFile('src/platform/tables.ts')
try {
  await migrate(server.url)
  execFileSync(
    process.execPath,
    [
      projectFile('node_modules/kysely-codegen/dist/cli/bin.js'),
      '--dialect=postgres',
      `--url=${server.url}`,
      `--out-file=${out}`,
      '--default-schema=public',
      '--include-pattern=public.*',
      '--exclude-pattern=public.migration',
      '--date-parser=string',
      '--log-level=error',
    ],
    { stdio: 'inherit' },
  )
  const text = readFileSync(out, 'utf8').replace(/export type Int8 = .*/, 'export type Int8 = bigint;')
  writeFileSync(out, text)
  execFileSync(process.execPath, [
    projectFile('node_modules/prettier/bin/prettier.cjs'),
    '--write',
    '--log-level=error',
    out,
  ])
} finally {
  await server.stop()
  rmSync(dir, { recursive: true, force: true })
}
