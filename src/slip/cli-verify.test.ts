import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openFileKeys } from '../adapters/keys/file.ts'
import type { KeyStore } from '../adapters/keys/port.ts'
import { x509 } from '../adapters/keys/x509.ts'
import { verifyCommand } from './cli-verify.ts'
import { sampleSlip } from './documents.fixture.ts'
import { answerVerifier, crl_path, roots_path } from './for-verifiers.ts'
import { publicJwks } from './jwks.ts'
import { sealDocument } from './seal.ts'

const NOW = new Date('2026-11-22T08:00:00Z')
let dir: string
let keys: KeyStore
const at = (name: string): string => join(dir, name)

const run = async (
  file: string,
  more: { json?: boolean; crl?: string[]; trust?: string[]; ownTrust?: boolean } = {},
) => {
  const out: string[] = []
  const err: string[] = []
  const code = await verifyCommand(file, {
    trust: [at('root.pem')],
    now: NOW,
    print: (line) => void out.push(line),
    printError: (line) => void err.push(line),
    ...more,
  })
  return { code, out: out.join('\n'), err: err.join('\n') }
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'leb-cli-'))
  keys = await openFileKeys({ dir: at('keys'), now: () => NOW })
  await keys.ensureIssuer({ id: 'leb', name: 'LEB 旅行通信' })
  const { pdf } = await sealDocument({ content: sampleSlip(), keys, issuerId: 'leb', now: NOW })
  await writeFile(at('slip.pdf'), pdf)
  await writeFile(at('longer.pdf'), Buffer.concat([pdf, Buffer.from(' ')]))
  await writeFile(at('half.pdf'), pdf.subarray(0, pdf.length / 2))
  await writeFile(at('root.pem'), (await keys.trustRoots()).join('\n'))
})
afterAll(() => rm(dir, { recursive: true }))

describe('leb verify', () => {
  it('exits 0 for a genuine slip and says which', async () => {
    const { code, out } = await run(at('slip.pdf'))
    expect(code).toBe(0)
    expect(out).toContain('GENUINE')
    expect(out).toContain('LEB-2K7M-9QXC')
  })

  it('exits 1 with the reason, 2 for what it cannot read', async () => {
    expect(await run(at('longer.pdf'))).toMatchObject({ code: 1, out: expect.stringContaining('appended') })
    expect(await run(at('half.pdf'))).toMatchObject({ code: 2, out: expect.stringContaining('truncated') })
    expect(await run(at('root.pem'))).toMatchObject({ code: 2, out: expect.stringContaining('unreadable') })
    expect(await run(at('none.pdf'))).toMatchObject({ code: 2, err: expect.stringContaining('ENOENT') })
  })

  it('says by which root it judged, and where that came from', async () => {
    const subject = new x509.X509Certificate(await readFile(at('root.pem'), 'utf8')).subject
    const others = await openFileKeys({ dir: at('strangers'), now: () => NOW })
    await writeFile(at('strangers.pem'), (await others.trustRoots()).join('\n'))
    const both = { trust: [at('strangers.pem'), at('root.pem')] }
    expect((await run(at('slip.pdf'), both)).out).toContain(
      `\n  trusted by ${subject}, from ${at('root.pem')}`,
    )
    const own = await run(at('slip.pdf'), { ownTrust: true })
    expect(own.out).toContain(`\n  trusted by ${subject}, from the data folder (${at('root.pem')})`)
    const sha256 = expect.stringMatching(/^[0-9a-f]{64}$/)
    expect(JSON.parse((await run(at('slip.pdf'), { ...both, json: true })).out)).toMatchObject({
      verdict: 'genuine',
      trustedBy: { subject, sha256, from: at('root.pem'), source: 'given' },
      roots: [{ from: at('strangers.pem') }, { subject, from: at('root.pem') }],
    })
    // It leads to none of them: then all that were tried.
    const foreign = await run(at('slip.pdf'), { trust: [at('strangers.pem')] })
    expect(foreign.out).toMatch(/\n  judged by {2}CN=[^\n]*, from \S+strangers\.pem$/)
    const told = JSON.parse((await run(at('slip.pdf'), { trust: [at('strangers.pem')], json: true })).out)
    expect(told.trustedBy).toBeUndefined()
    expect(told.roots).toMatchObject([{ from: at('strangers.pem'), source: 'given' }])
  })

  it('exits 2, not 1, where there is nothing to trust: a genuine slip is not called false for that', async () => {
    await writeFile(at('words.txt'), 'no certificate')
    for (const trust of [[], [at('slip.pdf')], [at('words.txt')], [at('root.pem'), at('words.txt')]])
      expect(await run(at('slip.pdf'), { trust })).toMatchObject({
        code: 2,
        err: expect.stringMatching(/trust/i),
      })
  })

  it('calls a slip whose issuer it does not know unproved, and a changed one false whatever is trusted', async () => {
    const others = await openFileKeys({ dir: at('others'), now: () => NOW })
    await writeFile(at('others.pem'), (await others.trustRoots()).join('\n'))
    const trust = [at('others.pem')]
    const unproved = await run(at('slip.pdf'), { trust })
    expect(unproved).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^NOT PROVED .*official channels/s),
    })
    expect(JSON.parse((await run(at('slip.pdf'), { trust, json: true })).out)).toMatchObject({
      verdict: 'not_genuine',
      reasons: [{ code: 'unknown_issuer' }],
    })
    const changed = await run(at('longer.pdf'), { trust })
    expect(changed).toMatchObject({ code: 1, out: expect.stringMatching(/^NOT GENUINE/) })
  })

  it('takes roots and revocations as the portal serves them', async () => {
    const served = async (path: string) => {
      const answer = await answerVerifier(keys, path)!
      return Buffer.from(await answer.arrayBuffer())
    }
    await writeFile(at('served.pem'), await served(roots_path))
    await writeFile(at('served.der'), await served(crl_path))
    const { code } = await run(at('slip.pdf'), { trust: [at('served.pem')], crl: [at('served.der')] })
    expect(code).toBe(0)
    expect(answerVerifier(keys, '/.well-known/other')).toBeUndefined()
    expect(answerVerifier(keys, 'toString')).toBeUndefined()
  })

  it('prints one JSON object', async () => {
    const { code, out } = await run(at('slip.pdf'), { json: true })
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ verdict: 'genuine', document: { number: 'LEB-2K7M-9QXC' } })
    expect(JSON.parse((await run(at('none.pdf'), { json: true })).out)).toMatchObject({
      verdict: 'unreadable',
    })
  })

  it('heeds a revocation list, DER or PEM, and the JWKS shows the key as revoked', async () => {
    const { kid } = await keys.sealing('leb')
    await keys.revokeSealingKey('leb', kid, new Date(NOW.getTime() - 1000), NOW)
    const der = await readFile(at('keys/root/crl.der'))
    const body = der
      .toString('base64')
      .match(/.{1,64}/g)!
      .join('\n')
    await writeFile(at('crl.pem'), `-----BEGIN X509 CRL-----\n${body}\n-----END X509 CRL-----\n`)
    for (const crl of [at('keys/root/crl.der'), at('crl.pem')]) {
      const { code, out } = await run(at('slip.pdf'), { crl: [crl] })
      expect(code).toBe(1)
      expect(out).toContain('key_revoked_at_signing')
    }
    const served = await (await answerVerifier(keys, crl_path)!).arrayBuffer()
    await writeFile(at('served.der'), Buffer.from(served))
    expect((await run(at('slip.pdf'), { crl: [at('served.der')] })).out).toContain('key_revoked_at_signing')
    const jwks = await publicJwks(keys)
    expect(jwks.keys.map((key) => [key.kid === kid, key.leb_revoked_at !== undefined])).toEqual([
      [true, true],
      [false, false],
    ])
    expect(JSON.stringify(jwks)).not.toContain('"d"')
  })
})
