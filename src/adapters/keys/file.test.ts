import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRoot, issueSealingCertificate } from './certificates.ts'
import { keysConformance } from './conformance.ts'
import { openFileKeys } from './file.ts'

const NOW = new Date('2026-11-22T08:00:00Z')
const LEB = { id: 'leb', name: 'LEB 旅行通信' }
let folders: string[] = []

const newFolder = async (): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'leb-keys-'))
  folders.push(dir)
  return join(dir, 'keys')
}

afterEach(async () => {
  await Promise.all(folders.map((dir) => rm(dir, { recursive: true })))
  folders = []
})

keysConformance('files', async () => {
  const dir = await newFolder()
  let now = NOW
  return { open: () => openFileKeys({ dir, now: () => now }), setNow: (next) => void (now = next) }
})

describe('keys in files', () => {
  let dir: string
  const open = () => openFileKeys({ dir, now: () => NOW })
  beforeEach(async () => void (dir = await newFolder()))

  const filesBelow = async (): Promise<string[]> =>
    (await readdir(dir, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))

  it('shows secrets to nobody but the owner and leaves no temporary file', async () => {
    const keys = await open()
    await keys.ensureIssuer(LEB)
    await keys.rotateSealingKey('leb', NOW)
    const files = await filesBelow()
    expect(files.filter((path) => path.endsWith('.tmp'))).toEqual([])
    for (const path of files) {
      const secret = (await readFile(path, 'utf8')).includes('PRIVATE KEY')
      if (secret) expect((await stat(path)).mode & 0o777).toBe(0o600)
    }
    expect((await stat(join(dir, 'leb'))).mode & 0o777).toBe(0o700)
  })

  it('destroys the old private key on rotation', async () => {
    const keys = await open()
    await keys.ensureIssuer(LEB)
    const secretOf = async () =>
      JSON.parse(
        await readFile(
          (await filesBelow()).find((path) => path.includes('/leb/keys.'))!,
          'utf8',
        ),
      ).privateKeyPem as string
    const old = await secretOf()
    await keys.rotateSealingKey('leb', NOW)
    const texts = await Promise.all((await filesBelow()).map((path) => readFile(path, 'latin1')))
    const body = JSON.stringify(old).slice(1, -1)
    expect(texts.some((text) => text.includes(old) || text.includes(body))).toBe(false)
  })

  describe('with an operator key', () => {
    const drop = async () => {
      const root = await createRoot(NOW)
      const made = await issueSealingCertificate(root, LEB, NOW)
      await writeFile(join(dir, 'leb', 'operator-key.pem'), made.keyPem)
      await writeFile(
        join(dir, 'leb', 'operator-chain.pem'),
        `${made.certificatePem}\n${root.certificatePem}`,
      )
      return { ...made, root }
    }

    it('seals with it from then on and trusts its root, and with its own again once it is gone', async () => {
      const keys = await open()
      await keys.ensureIssuer(LEB)
      const own = await keys.sealing('leb')
      const { root } = await drop()
      const dropped = await keys.sealing('leb')
      expect(dropped.kid).not.toBe(own.kid)
      expect((await keys.trustRoots()).map((pem) => pem.trim())).toContain(root.certificatePem.trim())
      await rm(join(dir, 'leb', 'operator-key.pem'))
      await rm(join(dir, 'leb', 'operator-chain.pem'))
      expect([own.kid, dropped.kid]).not.toContain((await keys.sealing('leb')).kid)
      expect(await keys.history('leb')).toHaveLength(3)
    })

    it('does not take it up again once it is revoked', async () => {
      const keys = await open()
      await keys.ensureIssuer(LEB)
      await drop()
      const { kid } = await keys.sealing('leb')
      await keys.revokeSealingKey('leb', kid, NOW, NOW)
      expect((await keys.sealing('leb')).kid).not.toBe(kid)
    })

    it('refuses a key that is not the certificate’s, a lone file and rubbish', async () => {
      const keys = await open()
      await keys.ensureIssuer(LEB)
      const { root } = await drop()
      const foreign = await issueSealingCertificate(root, LEB, NOW)
      const path = join(dir, 'leb', 'operator-key.pem')
      const refusal = { code: 'operator_key_unusable' }
      await writeFile(path, foreign.keyPem)
      await expect((await open()).sealing('leb')).rejects.toMatchObject(refusal)
      await writeFile(path, 'rubbish')
      await expect((await open()).sealing('leb')).rejects.toMatchObject(refusal)
      await rm(path)
      await expect((await open()).sealing('leb')).rejects.toMatchObject(refusal)
    })
  })

  it('says so where the folder holds rubbish or cannot be one', async () => {
    await (await open()).ensureIssuer(LEB)
    await writeFile(join(dir, 'leb', 'keys.9.json'), '{')
    await expect((await open()).vault('leb')).rejects.toMatchObject({ code: 'state_unreadable' })
    const file = join(dir, 'root.txt')
    await writeFile(file, '')
    await expect(openFileKeys({ dir: file, now: () => NOW })).rejects.toMatchObject({
      code: 'folder_unusable',
    })
  })
})
