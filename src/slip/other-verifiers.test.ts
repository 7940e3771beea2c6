import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRoot } from '../adapters/keys/certificates.ts'
import { openFileKeys } from '../adapters/keys/file.ts'
import { sampleCertificate, sampleSlip } from './documents.fixture.ts'
import {
  pdfsig,
  pdfsigTrusting,
  qpdfCheck,
  secondOpinion,
  signatureDigits,
} from './other-verifiers.fixture.ts'
import { sealDocument } from './seal.ts'

const NOW = new Date('2026-11-22T08:00:00Z')

let dir: string
let roots: string[]
const documents = new Map<string, Uint8Array>()
const of = (kind: string): Uint8Array => documents.get(kind)!
const flipped = (pdf: Uint8Array, at: number): Uint8Array => {
  const changed = pdf.slice()
  changed[at]! ^= 1
  return changed
}
const textOf = (pdf: Uint8Array): string => Buffer.from(pdf).toString('latin1')

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'leb-others-'))
  const keys = await openFileKeys({ dir: join(dir, 'keys'), now: () => NOW })
  await keys.ensureIssuer({ id: 'leb', name: 'LEB 旅行通信' })
  roots = await keys.trustRoots()
  for (const content of [sampleSlip(), sampleCertificate()]) {
    const { pdf } = await sealDocument({ content, keys, issuerId: 'leb', now: NOW })
    documents.set(content.kind, pdf)
  }
})
afterAll(() => rm(dir, { recursive: true }))

describe.each(['slip', 'certificate'])('other people verify the %s', (kind) => {
  it('qpdf finds nothing in it', async () => {
    const { code, said } = await qpdfCheck(of(kind))
    expect(said).toContain('No syntax or stream encoding errors found')
    expect(code).toBe(0)
  })

  // qpdf reads structure, not signatures: a byte within a picture or a font is the seal's to miss.
  it.each([
    ['a key of the page', (text: string) => text.indexOf('/Type /Page')],
    ['the table of its objects', (text: string) => text.lastIndexOf('startxref') + 'startxref\n'.length],
    ['the word that opens an object', (text: string) => text.indexOf(' obj') + 1],
  ])('qpdf refuses it with one byte flipped in %s', async (_where, place) => {
    const at = place(textOf(of(kind)))
    expect(at).toBeGreaterThan(10)
    expect((await qpdfCheck(flipped(of(kind), at))).code).not.toBe(0)
  })

  it('jsrsasign takes its signature for valid', () => {
    expect(secondOpinion(of(kind))).toBe('valid')
  })

  it('jsrsasign refuses it with one byte flipped in what is sealed, wherever that is', () => {
    const { length } = of(kind)
    for (let at = 1_000; at < length; at += Math.floor(length / 40))
      if (!inTheGap(of(kind), at))
        expect(secondOpinion(flipped(of(kind), at)), `byte ${at}`).toBe('digest_mismatch')
  })

  it('jsrsasign refuses it with one digit of the signature changed, and with a byte added', () => {
    const { at, length } = signatureDigits(of(kind))
    // Past the frame of the first number: what is left is a signature, but another one.
    for (let digit = at + 12; digit < at + length; digit += 24) {
      const changed = of(kind).slice()
      changed[digit] = changed[digit] === 0x30 ? 0x31 : 0x30
      expect(secondOpinion(changed), `digit ${digit - at}`).not.toBe('valid')
    }
    expect(secondOpinion(new Uint8Array([...of(kind), 0x0a]))).toBe('not_whole')
  })

  it.runIf(existsSync('/usr/bin/pdfsig'))('pdfsig takes it, and refuses it changed', async () => {
    const genuine = await pdfsig(dir, of(kind))
    expect(genuine).toContain('Signature is Valid')
    expect(genuine).toContain('Total document signed')
    expect(await pdfsig(dir, flipped(of(kind), 2_000))).toContain('Digest Mismatch')
    const { at, length } = signatureDigits(of(kind))
    const changed = of(kind).slice()
    changed[at + length - 1] = changed[at + length - 1] === 0x30 ? 0x31 : 0x30
    expect(await pdfsig(dir, changed)).toContain('Signature is Invalid')
    // It calls what was signed valid, and says that it is not the whole file.
    const longer = await pdfsig(dir, new Uint8Array([...of(kind), 0x0a]))
    expect(longer).not.toContain('Total document signed')
  })

  it.runIf(existsSync('/usr/bin/pdfsig') && existsSync('/usr/bin/certutil'))(
    'pdfsig trusts its certificate once it trusts our root, and not before',
    async () => {
      expect(await pdfsigTrusting(dir, of(kind), roots[0]!)).toContain('Certificate is Trusted')
      const { certificatePem } = await createRoot(NOW)
      expect(await pdfsigTrusting(dir, of(kind), certificatePem)).toContain("issuer isn't Trusted")
    },
  )
})

/** The seal itself lies there, between the two ranges that it covers. */
function inTheGap(pdf: Uint8Array, at: number): boolean {
  const text = textOf(pdf)
  const start = text.lastIndexOf('/Contents <')
  return at >= start && at <= text.indexOf('>', start)
}
