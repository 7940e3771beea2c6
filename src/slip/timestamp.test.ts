import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { startTimestampSim, type TimestampSim } from '../../sim/timestamp.ts'
import { openFileKeys } from '../adapters/keys/file.ts'
import { rfc3161 } from '../adapters/timestamp/rfc3161.ts'
import { verifyCommand } from './cli-verify.ts'
import { sampleSlip } from './documents.fixture.ts'
import { readSealBytes } from './seal-bytes.ts'
import { checkCms } from './seal-cms.ts'
import { sealDocument } from './seal.ts'
import { verifyPdf } from './verify.ts'

const run = promisify(execFile)
// What the sealer's own clock says, and the authority's: a quarter of an hour later.
const NOW = new Date('2026-11-22T08:00:00Z')
const STAMPED = new Date('2026-11-22T08:15:00Z')

let dir: string
let sim: TimestampSim
let trustRoots: string[]
let troubles: string[]
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'leb-time-'))
  sim = await startTimestampSim({ now: () => STAMPED.getTime() })
})
afterAll(async () => {
  await sim.stop()
  await rm(dir, { recursive: true })
})
beforeEach(() => {
  troubles = []
  sim.failures.set(undefined)
})

/** Under the same keys each time; what the authority is asked, and how patiently, is of this call. */
async function sealing(options: { url?: string; timeoutMs?: number; pauseMs?: number } = {}) {
  const timestamp = rfc3161({ url: sim.url, onTrouble: (reason) => void troubles.push(reason), ...options })
  const keys = await openFileKeys({ dir: join(dir, 'keys'), now: () => NOW, timestamp })
  await keys.ensureIssuer({ id: 'leb', name: 'LEB 旅行通信' })
  trustRoots = await keys.trustRoots()
  return async () => (await sealDocument({ content: sampleSlip(), keys, issuerId: 'leb', now: NOW })).pdf
}
const check = (pdf: Uint8Array, timestampRoots: string[] = [sim.root]) =>
  verifyPdf(pdf, { trustRoots, timestampRoots, now: STAMPED })

describe('a seal with a time stamp', () => {
  it('bears the time of an authority that is trusted for that, and else what its sealer says', async () => {
    const pdf = await (await sealing())()
    expect(await check(pdf)).toMatchObject({
      verdict: 'genuine',
      signedAt: STAMPED.toISOString(),
      signedAtBy: 'vouched',
    })
    for (const roots of [[], trustRoots])
      expect(await check(pdf, roots)).toMatchObject({
        verdict: 'genuine',
        signedAt: NOW.toISOString(),
        signedAtBy: 'claimed',
      })
    expect(troubles).toEqual([])
  })

  it('makes nobody who is trusted for time an issuer', async () => {
    const pdf = await (await sealing())()
    expect(
      await verifyPdf(pdf, { trustRoots: [sim.root], timestampRoots: trustRoots, now: STAMPED }),
    ).toMatchObject({
      verdict: 'not_genuine',
      reasons: [{ code: 'unknown_issuer' }],
    })
  })

  it('is not believed about the time where the authority’s certificate is for something else', async () => {
    const other = await startTimestampSim({ now: () => STAMPED.getTime(), notForTimestamps: true })
    const pdf = await (await sealing({ url: other.url }))()
    await other.stop()
    expect(await check(pdf, [other.root])).toMatchObject({ verdict: 'genuine', signedAtBy: 'claimed' })
  })

  it('is changed where its token is that of another seal', async () => {
    const seal = await sealing()
    const [one, other] = [await seal(), await seal()]
    const gap = (pdf: Uint8Array) => {
      const text = Buffer.from(pdf).toString('latin1')
      const start = text.lastIndexOf('/Contents <') + 11
      return { start, end: text.indexOf('>', start), text }
    }
    const [a, b] = [gap(one), gap(other)]
    const tokenAt = (text: string, start: number) => text.indexOf('060B2A864886F70D010910020E', start)
    const [from, to] = [tokenAt(b.text, b.start), tokenAt(a.text, a.start)]
    const swapped = one.slice()
    swapped.set(other.subarray(from, from + 400), to)
    expect((await check(swapped)).verdict).toBe('not_genuine')
  })

  it('says so on the command line', async () => {
    await writeFile(join(dir, 'slip.pdf'), await (await sealing())())
    await writeFile(join(dir, 'root.pem'), trustRoots.join('\n'))
    await writeFile(join(dir, 'time.pem'), sim.root)
    const said: string[] = []
    const code = await verifyCommand(join(dir, 'slip.pdf'), {
      trust: [join(dir, 'root.pem')],
      trustTimestamps: [join(dir, 'time.pem')],
      now: STAMPED,
      print: (line) => void said.push(line),
      printError: (line) => void said.push(line),
    })
    expect([code, said.join('\n')]).toEqual([
      0,
      expect.stringContaining('2026-11-22T08:15:00.000Z (time stamp)'),
    ])
  })
})

describe('a seal without one, for there was none to be had', () => {
  it.each([
    ['refuse', 'refused'],
    ['down', 'connection_failed'],
    ['rubbish', 'unreadable_answer'],
    ['timeout_before', 'timeout'],
    ['fail_later', 'unreadable_answer'],
  ] as const)('%s: it is made at once all the same, and genuine', async (mode, reason) => {
    sim.failures.set({ mode })
    // Only who never answers is given up early: on a slow machine the others would be too.
    const timeoutMs = mode === 'timeout_before' ? 300 : 20_000
    const pdf = await (await sealing({ timeoutMs }))()
    expect(await check(pdf)).toMatchObject({ verdict: 'genuine', signedAtBy: 'claimed' })
    expect(troubles).toEqual([reason])
  })

  it('asks an authority that failed again only after a while', async () => {
    sim.failures.set({ mode: 'refuse', times: 1 })
    const seal = await sealing({ pauseMs: 3_600_000 })
    const before = sim.given()
    await seal()
    await seal()
    expect([sim.given() - before, troubles]).toEqual([0, ['refused']])
    const now = performance.now.bind(performance)
    const later = vi.spyOn(performance, 'now').mockImplementation(() => now() + 3_600_000)
    try {
      expect(await check(await seal())).toMatchObject({ signedAtBy: 'vouched' })
    } finally {
      later.mockRestore()
    }
  })
})

// Other people's verifiers, where they are installed (Debian: openssl, poppler-utils).
describe('for others', () => {
  it.runIf(existsSync('/usr/bin/openssl'))('its token is good for openssl ts', async () => {
    const { covered, cms } = readSealBytes(await (await sealing())())
    const seal = await checkCms(cms, covered)
    await writeFile(join(dir, 'token.der'), seal.timestampToken!)
    await writeFile(join(dir, 'signature'), seal.signature)
    await writeFile(join(dir, 'time.pem'), sim.root)
    const asked = `ts -verify -in token.der -token_in -data signature -CAfile time.pem -attime ${STAMPED.getTime() / 1_000}`
    const { stdout, stderr } = await run('openssl', asked.split(' '), { cwd: dir })
    expect(stdout + stderr).toContain('Verification: OK')
  })

  it.runIf(existsSync('/usr/bin/pdfsig'))('the whole is a valid signature for pdfsig', async () => {
    await writeFile(join(dir, 'stamped.pdf'), await (await sealing())())
    const { stdout } = await run('pdfsig', ['-nocert', join(dir, 'stamped.pdf')])
    expect(stdout).toContain('Signature is Valid')
    expect(stdout).toContain('Total document signed')
  })
})
