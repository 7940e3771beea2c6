import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { publicJwk, splitChain, thumbprint } from './certificates.ts'
import type { KeyStore } from './port.ts'
import { x509 } from './x509.ts'

/** What the suite needs: a fresh place for keys, opened as often as asked, each time as another process would. */
export type KeysWorld = { open(): Promise<KeyStore>; setNow(now: Date): void }

const DAY = 86_400_000
const START = new Date('2026-11-22T08:00:00Z')
const LEB = { id: 'leb', name: 'LEB 旅行通信' }
const ROAMLY = { id: 'roamly', name: 'Roamly GmbH' }
const ES256 = { name: 'ECDSA', hash: 'SHA-256' } as const

/** Every vendor of the key store passes this. */
export function keysConformance(name: string, make: () => Promise<KeysWorld>): void {
  describe(`key store: ${name}`, () => {
    let world: KeysWorld
    let keys: KeyStore
    beforeEach(async () => {
      world = await make()
      world.setNow(START)
      keys = await world.open()
      await keys.ensureIssuer(LEB)
    })

    it('seals with a P-256 key whose thumbprint is the kid and whose chain ends at the trust root', async () => {
      const key = await keys.sealing('leb')
      const certificate = new x509.X509Certificate(new Uint8Array(key.certificate))
      expect(thumbprint(await publicJwk(certificate))).toBe(key.kid)
      const data = Buffer.from('a declaration')
      const publicKey = await certificate.publicKey.export({ name: 'ECDSA', namedCurve: 'P-256' }, ['verify'])
      const signature = new Uint8Array(await key.sign(data))
      expect(signature).toHaveLength(64)
      expect(await crypto.subtle.verify(ES256, publicKey, signature, data)).toBe(true)
      const top = Buffer.from(key.chain.at(-1)!).toString('base64')
      const roots = (await keys.trustRoots()).map((pem) => pem.replace(/-----[A-Z ]+-----|\s/g, ''))
      expect(roots).toContain(top)
    })

    it('names the issuer in its certificate, and the signing of documents as its use', async () => {
      const key = await keys.sealing('leb')
      const text = new x509.X509Certificate(new Uint8Array(key.certificate))
      expect(text.subject).toContain('O=LEB 旅行通信')
      // Documents by RFC 9336, and what readers that don't know it take for that.
      const uses = text.getExtension(x509.ExtendedKeyUsageExtension)?.usages
      expect(uses).toEqual(['1.3.6.1.5.5.7.3.36', '1.3.6.1.5.5.7.3.4'])
      const usage = x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.nonRepudiation
      expect(text.getExtension(x509.KeyUsagesExtension)?.usages).toBe(usage)
    })

    it('ends up with one key where several processes start at once', async () => {
      const stores = await Promise.all(Array.from({ length: 6 }, () => world.open()))
      await Promise.all(stores.map((store) => store.ensureIssuer(ROAMLY)))
      const kids = await Promise.all(stores.map(async (store) => (await store.sealing('roamly')).kid))
      expect(new Set(kids).size).toBe(1)
      const vaults = await Promise.all(stores.map((store) => store.vault('roamly')))
      expect(new Set(vaults.map((vault) => Buffer.from(vault.wrapKey).toString('hex'))).size).toBe(1)
      expect(await keys.history('roamly')).toHaveLength(1)
    })

    it('gives each issuer three different secrets of 32 bytes and keeps them', async () => {
      await keys.ensureIssuer(ROAMLY)
      const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
      const all = [await keys.vault('leb'), await keys.vault('roamly')].flatMap((vault) =>
        Object.values(vault),
      )
      expect(all.map((secret) => secret.length)).toEqual([32, 32, 32, 32, 32, 32])
      expect(new Set(all.map(digest)).size).toBe(6)
      const again = await (await world.open()).vault('leb')
      expect(Object.values(again).map(digest)).toEqual(all.slice(0, 3).map(digest))
    })

    it('rotates: a new key, the old one in the history with its certificate, seen by the other processes', async () => {
      const other = await world.open()
      const before = await other.sealing('leb')
      const secret = await keys.vault('leb')
      const made = await keys.rotateSealingKey('leb', START)
      expect((await other.sealing('leb')).kid).toBe(made.kid)
      expect(made.kid).not.toBe(before.kid)
      const [old, present] = await keys.history('leb')
      expect(old).toMatchObject({ kid: before.kid, retiredAt: START.toISOString() })
      expect(present).toMatchObject({ kid: made.kid })
      expect(present!.retiredAt).toBeUndefined()
      expect(new Uint8Array(splitChain(old!.chainPem)[0]!.rawData)).toEqual(before.certificate)
      expect(await keys.vault('leb')).toEqual(secret)
    })

    it('loses none of several rotations at once', async () => {
      const other = await world.open()
      await Promise.all([keys.rotateSealingKey('leb', START), other.rotateSealingKey('leb', START)])
      const kids = (await keys.history('leb')).map((key) => key.kid)
      expect(new Set(kids).size).toBe(3)
      expect((await other.sealing('leb')).kid).toBe(kids.at(-1))
    })

    it('revokes: the list names the certificate from that time on, and the present key is replaced', async () => {
      const bad = await keys.sealing('leb')
      const at = new Date(START.getTime() - 3_600_000)
      expect(await keys.revokeSealingKey('leb', bad.kid, at, START)).toMatchObject({
        revokedAt: at.toISOString(),
      })
      expect((await keys.sealing('leb')).kid).not.toBe(bad.kid)
      const list = new x509.X509Crl(new Uint8Array(await keys.crl()).buffer)
      const entry = list.findRevoked(new x509.X509Certificate(new Uint8Array(bad.certificate)).serialNumber)
      expect(entry?.revocationDate).toEqual(at)
      const [root] = await keys.trustRoots()
      expect(await list.verify({ publicKey: new x509.X509Certificate(root!) })).toBe(true)
    })

    it('replaces a certificate before it ends', async () => {
      const first = (await keys.history('leb'))[0]!
      world.setNow(new Date(new Date(first.notAfter).getTime() - 10 * DAY))
      expect((await keys.sealing('leb')).kid).not.toBe(first.kid)
    })

    it('says so where an issuer or a key is unknown', async () => {
      await expect(keys.sealing('nobody')).rejects.toMatchObject({ code: 'issuer_unknown' })
      await expect(keys.vault('nobody')).rejects.toMatchObject({ code: 'issuer_unknown' })
      await expect(keys.rotateSealingKey('nobody', START)).rejects.toMatchObject({ code: 'issuer_unknown' })
      await expect(keys.revokeSealingKey('leb', 'x', START, START)).rejects.toMatchObject({
        code: 'key_unknown',
      })
      await expect(keys.ensureIssuer({ id: '../leb', name: 'x' })).rejects.toMatchObject({
        code: 'issuer_id_invalid',
      })
    })
  })
}
