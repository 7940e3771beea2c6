import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PDF } from '@libpdf/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openFileKeys } from '../adapters/keys/file.ts'
import type { KeyStore } from '../adapters/keys/port.ts'
import { sampleCertificate, sampleSlip } from './documents.fixture.ts'
import { sealDocument, signJws, type SealedDocument } from './seal.ts'
import { sealPdf } from './seal-pdf.ts'
import { typeset } from './typeset.ts'
import { verifyPdf, type Verdict } from './verify.ts'

const NOW = new Date('2026-11-22T08:00:00Z')
const HOUR = 3_600_000
const YEAR = 365.25 * 24 * HOUR
const later = (ms: number): Date => new Date(NOW.getTime() + ms)

let dir: string
let keys: KeyStore
let roots: string[]
let slip: SealedDocument

const openKeys = async (name: string): Promise<KeyStore> => {
  const store = await openFileKeys({ dir: join(dir, name), now: () => NOW })
  await store.ensureIssuer({ id: 'leb', name: 'LEB 旅行通信' })
  await store.ensureIssuer({ id: 'roamly', name: 'Roamly GmbH' })
  return store
}
const seal = (store: KeyStore, now = NOW) =>
  sealDocument({ content: sampleSlip(), keys: store, issuerId: 'leb', now })
const check = (pdf: Uint8Array, more: { crls?: Uint8Array[]; now?: Date } = {}): Promise<Verdict> =>
  verifyPdf(pdf, { trustRoots: roots, now: NOW, ...more })
const codes = (verdict: Verdict) => [verdict.verdict, ...verdict.reasons.map((one) => one.code)]
const joined = (...parts: (Uint8Array | string)[]) =>
  new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part as string))))

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'leb-slip-'))
  keys = await openKeys('own')
  roots = await keys.trustRoots()
  slip = await seal(keys)
})
afterAll(() => rm(dir, { recursive: true }))

/** xorshift32: the same offsets in every run. */
const seeded = (seed: number) => (): number => {
  seed ^= seed << 13
  seed ^= seed >>> 17
  seed ^= seed << 5
  return seed >>> 0
}

describe('a genuine document', () => {
  it('is known as such, says what it says, who sealed it and when', async () => {
    const verdict = await check(slip.pdf)
    expect(codes(verdict)).toEqual(['genuine'])
    expect(verdict.document).toEqual(sampleSlip())
    expect(verdict).toMatchObject({ signedAt: NOW.toISOString(), signedAtBy: 'claimed' })
    expect(verdict.signer).toContain('LEB 旅行通信')
  })

  it('may be a certificate, and of another issuer', async () => {
    const content = sampleCertificate()
    content.issuer.id = 'roamly'
    const sealed = await sealDocument({ content, keys, issuerId: 'roamly', now: NOW })
    expect((await check(sealed.pdf)).document).toEqual(content)
  })

  it('stays genuine after the key was rotated and its certificate has ended', async () => {
    const store = await openKeys('rotated')
    const sealed = await seal(store)
    await store.rotateSealingKey('leb', later(HOUR))
    const trustRoots = await store.trustRoots()
    for (const pdf of [sealed.pdf, (await seal(store, later(HOUR))).pdf]) {
      expect(codes(await verifyPdf(pdf, { trustRoots, now: later(10 * YEAR) }))).toEqual(['genuine'])
    }
  })
})

describe('a changed document', () => {
  it('is found out for every flipped bit at 300 seeded places, in any digit of the seal too', async () => {
    const next = seeded(20261122)
    const text = Buffer.from(slip.pdf).toString('latin1')
    const sealStart = text.lastIndexOf('/Contents <') + 11
    const sealEnd = text.indexOf('>', sealStart)
    for (let i = 0; i < 300; i++) {
      const inSeal = i % 2 === 0
      const at = inSeal ? sealStart + (next() % (sealEnd - sealStart)) : next() % slip.pdf.length
      const changed = slip.pdf.slice()
      // A valid hex digit, or the strictness towards other characters would do all the work.
      if (inSeal) changed[at] = text.charCodeAt(at) === 0x30 ? 0x31 : 0x30
      else changed[at]! ^= 1 << (next() % 8)
      const { verdict } = await check(changed)
      expect(verdict, `byte ${at}`).not.toBe('genuine')
    }
  })

  it('is found out in every seventh digit of the signed frame and certificates', async () => {
    const text = Buffer.from(slip.pdf).toString('latin1')
    const start = text.lastIndexOf('/Contents <') + 11
    for (let at = start; at < start + 2800; at += 7) {
      const changed = slip.pdf.slice()
      const digit = parseInt(text[at]!, 16) ^ (1 << (at % 4))
      changed[at] = digit.toString(16).toUpperCase().charCodeAt(0)
      expect((await check(changed)).verdict, `digit ${at - start}`).toBe('not_genuine')
    }
  })

  it('is found out where the padding of the seal hides something or its digits change case', async () => {
    const text = Buffer.from(slip.pdf).toString('latin1')
    const start = text.lastIndexOf('/Contents <') + 11
    const end = text.indexOf('>', start)
    const padded = slip.pdf.slice()
    padded[end - 1] = 0x41
    expect(codes(await check(padded))).toEqual(['not_genuine', 'changed'])
    const lower = slip.pdf.slice()
    const letter = start + text.slice(start).search(/[A-F]/)
    lower[letter]! |= 0x20
    expect(codes(await check(lower))).toEqual(['not_genuine', 'changed'])
  })

  it('says "changed" for a changed word, "appended" for anything after or before, "truncated" for a part', async () => {
    const changed = slip.pdf.slice()
    changed[2000]! ^= 1
    expect(codes(await check(changed))).toEqual(['not_genuine', 'changed'])
    expect(codes(await check(joined(slip.pdf, '\n')))).toEqual(['not_genuine', 'appended'])
    expect(codes(await check(joined(slip.pdf, slip.pdf)))).toEqual(['not_genuine', 'appended'])
    const other = await seal(keys)
    expect(codes(await check(joined(other.pdf, slip.pdf)))).toEqual(['not_genuine', 'appended'])
    expect(codes(await check(joined('%PDF-1.7\n', slip.pdf)))).toEqual(['not_genuine', 'appended'])
    for (const part of [0.3, 0.6, 0.9, 0.999]) {
      const cut = slip.pdf.slice(0, slip.pdf.length * part)
      expect(codes(await check(cut)), String(part)).toEqual(['unreadable', 'truncated'])
    }
  })

  it('says "appended" for an incremental update that leaves every sealed byte alone', async () => {
    const pdf = await PDF.load(slip.pdf)
    pdf.setSubject('not what was sealed')
    const updated = await pdf.save({ incremental: true })
    expect(Buffer.from(updated.subarray(0, slip.pdf.length)).equals(slip.pdf)).toBe(true)
    expect(codes(await check(updated))).toEqual(['not_genuine', 'appended'])
  })

  it('says "no seal" for a PDF without one and "unreadable" for what is no PDF', async () => {
    const key = await keys.sealing('leb')
    const bare = typeset(sampleSlip(), await signJws(sampleSlip(), key))
    expect(codes(await check(bare))).toEqual(['not_genuine', 'no_seal'])
    expect(codes(await check(joined('PK rubbish')))).toEqual(['unreadable', 'unreadable'])
    expect(codes(await check(new Uint8Array()))).toEqual(['unreadable', 'unreadable'])
  })
})

describe('a document of somebody else', () => {
  it('is of an unknown issuer under another authority of the same name', async () => {
    const forged = await seal(await openKeys('forger'))
    expect(codes(await check(forged.pdf))).toEqual(['not_genuine', 'unknown_issuer'])
  })

  it('is "swapped" where the attached data is signed by another key, or is of another closure', async () => {
    const [own, other] = [await keys.sealing('leb'), await keys.sealing('roamly')]
    const stranger = typeset(sampleSlip(), await signJws(sampleSlip(), other))
    const sealed = await sealPdf(stranger, own, { now: NOW, reason: 'slip' })
    expect(codes(await check(sealed))).toEqual(['not_genuine', 'swapped'])
    const elsewhere = await signJws(sampleSlip({ number: 'LEB-AAAA-BBBB' }), own)
    const mixed = await sealPdf(typeset(sampleSlip(), elsewhere), own, { now: NOW, reason: 'slip' })
    expect(codes(await check(mixed))).toEqual(['not_genuine', 'swapped'])
  })

  it('is "swapped" where one issuer speaks in the name of another', async () => {
    const other = await keys.sealing('roamly')
    const content = sampleSlip()
    const sealed = await sealPdf(typeset(content, await signJws(content, other)), other, {
      now: NOW,
      reason: 'x',
    })
    expect(codes(await check(sealed))).toEqual(['not_genuine', 'swapped'])
    const honest = sealDocument({ content, keys, issuerId: 'roamly', now: NOW })
    await expect(honest).rejects.toThrow('another issuer')
  })
})

describe('the sealing time', () => {
  it('must lie within the life of the certificate, and not ahead of us', async () => {
    const future = await seal(keys, later(4 * YEAR))
    const expired = await check(future.pdf, { now: later(5 * YEAR) })
    expect(codes(expired)).toEqual(['not_genuine', 'key_expired_at_signing'])
    const ahead = await seal(keys, later(72 * HOUR))
    expect(codes(await check(ahead.pdf))).toEqual(['not_genuine', 'signed_in_future'])
    expect(codes(await check(ahead.pdf, { now: later(60 * HOUR) }))).toEqual(['genuine'])
  })

  it('decides about a revoked key: before it genuine, from it on not', async () => {
    const store = await openKeys('revoked')
    const { kid } = await store.sealing('leb')
    const before = await seal(store, NOW)
    const after = await seal(store, later(2 * HOUR))
    await store.revokeSealingKey('leb', kid, later(HOUR), later(3 * HOUR))
    const options = { trustRoots: await store.trustRoots(), now: later(4 * HOUR) }
    const crls = [await store.crl()]
    expect(codes(await verifyPdf(before.pdf, { ...options, crls }))).toEqual(['genuine'])
    expect(codes(await verifyPdf(after.pdf, { ...options, crls }))).toEqual([
      'not_genuine',
      'key_revoked_at_signing',
    ])
    expect(codes(await verifyPdf(after.pdf, options))).toEqual(['genuine'])
    const renewed = await seal(store, later(3 * HOUR))
    expect(codes(await verifyPdf(renewed.pdf, { ...options, crls }))).toEqual(['genuine'])
  })

  it('takes no revocation list that its authority did not sign', async () => {
    const forger = await openKeys('crl-forger')
    const { kid } = await forger.sealing('leb')
    await forger.revokeSealingKey('leb', kid, NOW, NOW)
    const crls = [await forger.crl()]
    await expect(check(slip.pdf, { crls })).rejects.toThrow('not signed by the authority')
  })
})
