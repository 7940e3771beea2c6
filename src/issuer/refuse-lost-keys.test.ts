import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { seedCard } from '../../test/seed.ts'
import { openFileKeys } from '../adapters/keys/file.ts'
import { inIssuer } from '../platform/db.ts'
import { erasePersonRows } from '../privacy/erase-person.ts'
import { refuseLostKeys, refuseOtherKeys } from './refuse-lost-keys.ts'

let leb: TestWorld
let fresh: TestWorld
let empty: string
beforeAll(async () => {
  fresh = await openTestWorld()
  leb = await openTestWorld()
  const { issuerId, holderId } = await seedCard(leb)
  // Nobody is left of whom anything could be read; what was sealed for them still is.
  await inIssuer(leb.db, issuerId, (tx) => erasePersonRows(leb, tx, { issuerId, holderId }))
})
beforeEach(async () => void (empty = await mkdtemp(join(tmpdir(), 'leb-no-keys-'))))
afterEach(() => rm(empty, { recursive: true }))
afterAll(async () => {
  await leb.stop()
  await fresh.stop()
})

it('lets an installation start with its keys, and one without holders with none', async () => {
  await refuseLostKeys(leb.db, leb.config.dataDir)
  await refuseLostKeys(fresh.db, empty)
})

it('refuses a folder without keys, or none, once there were holders, and makes nothing', async () => {
  const words = new RegExp(`the key folder ${empty}\\S* lacks root/, leb/, and only .* LEB_KEYS`)
  await expect(refuseLostKeys(leb.db, empty)).rejects.toThrow(words)
  await expect(refuseLostKeys(leb.db, join(empty, 'gone'))).rejects.toThrow(words)
  expect(await readdir(empty)).toEqual([])
})

it('refuses a folder that has only got a root since, or lost its own', async () => {
  await openFileKeys({ dir: empty, now: () => leb.clock.now() })
  await expect(refuseLostKeys(leb.db, empty)).rejects.toThrow(/lacks leb\/, and/)
  const root = join(leb.config.dataDir, 'root')
  await rename(root, `${root}.away`)
  await mkdir(root)
  await expect(refuseLostKeys(leb.db, leb.config.dataDir)).rejects.toThrow(/lacks root\/, and/)
  await rm(root, { recursive: true })
  await rename(`${root}.away`, root)
})

it('takes no start for a loss while another process makes keys and holders', async () => {
  const dir = join(empty, 'keys')
  const { issuerId, name } = leb.issuers[0]!
  // The holders are looked for in the first transaction: by its end the other process has made their keys.
  const slow = leb.db.withPlugin({
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      const keys = await openFileKeys({ dir, now: () => leb.clock.now() })
      if ('holder_id' in (result.rows[0] ?? {})) await keys.ensureIssuer({ id: issuerId, name: name.en })
      return result
    },
  })
  await refuseLostKeys(slow, dir)
})

it('refuses the folder of another installation with the same issuers, where anybody is left to tell by', async () => {
  const other = await openFileKeys({ dir: empty, now: () => leb.clock.now() })
  for (const { issuerId, name } of leb.issuers) await other.ensureIssuer({ id: issuerId, name: name.en })
  await refuseLostKeys(leb.db, empty)
  await refuseOtherKeys(leb.db, other, empty)
  await seedCard(leb)
  await refuseOtherKeys(leb.db, leb.keys, leb.config.keysDir)
  const words = new RegExp(
    `${empty} belongs to another installation: what lies in leb/ opens nothing .* LEB_KEYS`,
  )
  await expect(refuseOtherKeys(leb.db, other, empty)).rejects.toThrow(words)
})
