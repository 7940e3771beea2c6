import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { writeWhole } from './whole-file.ts'

let root: string
let dir: string
let path: string
beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), 'leb-whole-'))))
beforeEach(async () => {
  dir = await mkdtemp(join(root, 'one-'))
  path = join(dir, 'out.csv')
})
afterAll(() => rm(root, { recursive: true }))

it('has its name when all of it is written, and is its owner’s only', async () => {
  await writeFile(path, 'before')
  const said = await writeWhole(path, async (write) => {
    await write('a')
    expect(await readFile(path, 'utf8')).toBe('before')
    await write('b')
    return 2
  })
  expect(said).toBe(2)
  expect(await readFile(path, 'utf8')).toBe('ab')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readdir(dir)).toEqual(['out.csv'])
})

it('replaces what a killed process left, whoever could read it, and follows no link', async () => {
  await writeFile(`${path}.part`, 'half of the last')
  await chmod(`${path}.part`, 0o666)
  await writeWhole(path, (write) => write('new'))
  expect(await readFile(path, 'utf8')).toBe('new')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  const other = join(dir, 'other')
  await writeFile(other, 'theirs')
  await symlink(other, `${path}.part`)
  await writeWhole(path, (write) => write('newer'))
  expect(await readFile(other, 'utf8')).toBe('theirs')
  expect((await readdir(dir)).toSorted()).toEqual(['other', 'out.csv'])
})

it('leaves nothing when it breaks off, and says in a sentence where it can’t be written', async () => {
  const broken = writeWhole(path, async (write) => {
    await write('half')
    throw new Error('the database is gone')
  })
  await expect(broken).rejects.toThrow('the database is gone')
  expect(await readdir(dir)).toEqual([])
  const nowhere = writeWhole(join(dir, 'none', 'x'), () => Promise.resolve())
  await expect(nowhere).rejects.toThrow(/none\/x can't be written \(ENOENT\): choose another file/)
})

it('is whole when two write it at once: the later one’s', async () => {
  const earlier = writeWhole(path, async (write) => {
    await write('earlier, ')
    await writeWhole(path, (also) => also('later'))
    await write('and more')
  })
  await expect(earlier).rejects.toThrow('is written by somebody else at this moment')
  expect(await readFile(path, 'utf8')).toBe('later')
  // One that has begun meanwhile is left alone as well.
  let end = () => {}
  const late = writeWhole(path, async (write) => {
    const next = writeWhole(path, async (also) => {
      await also('the last')
      await new Promise<void>((ended) => void (end = ended))
    })
    await new Promise((soon) => setTimeout(soon, 50))
    await write('lost')
    return { next }
  })
  await expect(late).rejects.toThrow('is written by somebody else at this moment')
  end()
  await expect.poll(() => readFile(path, 'utf8')).toBe('the last')
  expect(await readdir(dir)).toEqual(['out.csv'])
  expect(process.listenerCount('SIGHUP')).toBe(0)
})
