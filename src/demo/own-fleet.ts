import { existsSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sampleFleetCsv } from '../card/sample-fleet.ts'
import type { Context } from '../platform/context.ts'
import { SetupError } from '../platform/errors.ts'
import { makeFolder } from '../platform/make-folder.ts'

/**
 * The fleet of demo/fleet.csv as it would stand today: of cards that live for days, a file of last year has none that
 * run. Written at the first start and kept, so that later ones import the same rows. Answers its path.
 */
export async function ownFleet({ config, clock }: Pick<Context, 'config' | 'clock'>): Promise<string> {
  const file = join(config.dataDir, 'fleet.csv')
  if (existsSync(file)) return file
  try {
    await makeFolder(config.dataDir)
    await writeFile(`${file}.new`, sampleFleetCsv(200, clock.now()))
    await rename(`${file}.new`, file)
  } catch (error) {
    throw new SetupError(`${file} can't be written (${(error as NodeJS.ErrnoException).code})`)
  }
  return file
}
