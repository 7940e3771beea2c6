// Writes everything that is generated from something else. CI runs it and fails when git sees a difference.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

for (const script of ['generate-tables.mjs', 'generate-sample-fleet.mjs', 'generate-openapi.mjs']) {
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, script)], { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
