import { execFile, spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { sampleIssuers } from '../../src/issuer/sample-issuers.ts'
import { projectFile } from '../../src/platform/project.ts'
import { openTestWorld } from '../harness.ts'
import { seedCard } from '../seed.ts'

/** A mistake of the operator's gets one clear sentence and an exit code, never a stack. */

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'leb-setup-'))
  await chmod(dir, 0o755)
})
afterAll(() => rm(dir, { recursive: true, force: true }))

/** `code` is -1 when it did not end by itself. */
type Run = { code: number; out: string; err: string }
function leb(args: string[], env: Record<string, string> = {}): Promise<Run> {
  return new Promise((done) => {
    // Any free port, or a LEB that runs on this machine would be in the way.
    const ports = { LEB_PORT: '0', LEB_PROVIDER_PORT: '0' }
    const settings = { ...process.env, ...ports, LEB_DATA: join(dir, 'data'), LEB_LOG: 'warn', ...env }
    execFile(
      process.execPath,
      [projectFile('bin', 'start.mjs'), ...args],
      { env: settings, timeout: 50_000 },
      (error, out, err) =>
        done({
          code: error?.killed ? -1 : typeof error?.code === 'number' ? error.code : error ? 1 : 0,
          out,
          err,
        }),
    )
  })
}

async function addIssuer(): Promise<void> {
  const file = join(dir, 'leb.json')
  const [issuer] = sampleIssuers()
  const columns = { bookedOn: 'day', amount: 'sum', text: ['text'], currency: 'currency' }
  const bankStatement = { kind: 'csv', delimiter: ';', decimal: '.', date: 'YYYY-MM-DD', columns }
  const providers = { ...issuer!.providers, bankStatement }
  await writeFile(file, JSON.stringify({ ...issuer, providers }))
  expect(await leb(['issuer', 'add', file])).toMatchObject({ code: 0 })
}

async function takenPort(): Promise<{ port: number; server: Server }> {
  const server = createServer()
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return { port: (server.address() as { port: number }).port, server }
}

function expectOneSentence(run: Run, words: RegExp): void {
  expect(run.err).toMatch(words)
  expect(run.err.trim().split('\n')).toHaveLength(1)
  expect(run.err).not.toMatch(/\bat .*:\d+:\d+/)
  expect(run.code).toBe(2)
}

describe('one clear sentence for', () => {
  it.each([
    [{ LEB_PORT: 'eighty' }, /LEB_PORT/],
    [{ LEB_PORT: '70000' }, /LEB_PORT/],
    [{ LEB_PORT: '0x10' }, /LEB_PORT/],
    [{ LEB_PORT: ' ' }, /LEB_PORT/],
    [{ DATABASE_URL: 'mysql://x' }, /DATABASE_URL.* it takes an address such as postgresql:/],
    [{ LEB_PUBLIC_URL: 'leb.example' }, /LEB_PUBLIC_URL/],
    [{ LEB_TRUST_PROXY: 'yes' }, /LEB_TRUST_PROXY.*: it takes one of "0", "1"/],
  ])('a wrong setting %j', async (env, words) => {
    expectOneSentence(await leb(['migrate'], env as unknown as Record<string, string>), words)
  })

  it('a misspelt setting, and goes on: what an issuer to come may name is not called one', async () => {
    const secret = { LEB_ACME_STRIPE_KEY: 'sk_test_1' }
    const wrong = await leb(['issuer', 'list'], { ...secret, LEB_PROT: '80' })
    expect(wrong.code).toBe(0)
    expect(wrong.err).toMatch(/"LEB knows no setting LEB_PROT \(perhaps LEB_PORT\): it has no effect .*"/)
    expect(wrong.err.trim().split('\n')).toHaveLength(1)
    expect(await leb(['issuer', 'list'], secret)).toMatchObject({ code: 0, err: '' })
  })

  it('a database that cannot be reached', async () => {
    expectOneSentence(
      await leb(['issuer', 'list'], { DATABASE_URL: 'postgresql://leb:x@127.0.0.1:1/leb' }),
      /DATABASE_URL.*127\.0\.0\.1:1/,
    )
    expectOneSentence(
      await leb(['migrate'], { DATABASE_URL: 'postgresql://leb:x@127.0.0.1:1/leb' }),
      /DATABASE_URL.*127\.0\.0\.1:1/,
    )
  })

  it('a wrong password', async () => {
    const url = inject('postgresUrl').replace(/:[^:@/]+@/, ':wrong@')
    expectOneSentence(await leb(['issuer', 'list'], { DATABASE_URL: url }), /does not let LEB in \(28P01\)/)
  })

  it('a data folder of another PostgreSQL', async () => {
    const data = join(dir, 'old')
    await mkdir(join(data, 'pg'), { recursive: true })
    await writeFile(join(data, 'pg', 'PG_VERSION'), '15\n')
    await writeFile(join(data, 'postgres.password'), 'x')
    expectOneSentence(await leb(['migrate'], { LEB_DATA: data }), /belongs to PostgreSQL 15/)
  })

  it('a data folder that lost its password file', async () => {
    const data = join(dir, 'half')
    await mkdir(join(data, 'pg'), { recursive: true })
    await writeFile(join(data, 'pg', 'PG_VERSION'), '18\n')
    expectOneSentence(await leb(['migrate'], { LEB_DATA: data }), /postgres\.password/)
  })

  it('a data folder that holds something else: it is left as it is', async () => {
    const data = join(dir, 'foreign')
    await mkdir(join(data, 'pg'), { recursive: true })
    await writeFile(join(data, 'pg', 'notes.txt'), 'mine')
    expectOneSentence(await leb(['migrate'], { LEB_DATA: data }), /no database and not empty/)
    expect(await readFile(join(data, 'pg', 'notes.txt'), 'utf8')).toBe('mine')
  })

  it.runIf(process.platform === 'linux')('a data folder where none can be made', async () => {
    expectOneSentence(await leb(['migrate'], { LEB_DATA: '/proc/leb/data' }), /can't be written \(ENOENT\)/)
  })

  it('a data folder that is a file', async () => {
    await writeFile(join(dir, 'file'), '')
    expectOneSentence(await leb(['migrate'], { LEB_DATA: join(dir, 'file') }), /can't be written/)
  })

  it('files that are not there', async () => {
    expectOneSentence(
      await leb(['import', join(dir, 'nowhere.csv'), '--rejects', join(dir, 'r.csv')]),
      /nowhere\.csv/,
    )
    expectOneSentence(await leb(['issuer', 'add', join(dir, 'nobody.json')]), /nobody\.json/)
    expectOneSentence(await leb(['close', '--file', join(dir, 'none.txt')]), /none\.txt/)
  })

  it('files in another encoding, whichever command reads them', async () => {
    const latin = join(dir, 'latin.csv')
    await writeFile(latin, Buffer.from('name\nM\xfcller\n', 'latin1'))
    const rejects = ['--rejects', join(dir, 'r.csv')]
    await addIssuer()
    for (const args of [
      ['import', latin, ...rejects],
      ['usage', 'import', latin, ...rejects],
      ['bank', 'import', latin, '--issuer', 'leb', ...rejects],
      ['reconcile', '--provider', 'stripe', '--file', latin, '--issuer', 'leb'],
    ])
      expectOneSentence(await leb(args), /latin\.csv is not UTF-8\b.*\bline 2\b/)
  })

  it('books that there is nothing to compare with: that is no difference', async () => {
    await addIssuer()
    const file = join(dir, 'nothing.csv')
    const args = ['reconcile', '--provider', 'stripe', '--file', file, '--issuer', 'leb']
    expectOneSentence(await leb(args), /nothing\.csv/)
    await writeFile(file, 'a,b\n1,2\n')
    expectOneSentence(await leb(args), /no itemized balance report/)
    expectOneSentence(await leb([...args, '--from', 'May']), /--from takes a day/)
  })

  it('a closure nobody declared', async () => {
    const { code, err } = await leb(['status', 'LEB-0000-00000'])
    expect([code, err]).toEqual([1, expect.stringMatching(/^leb: no closure has the number .*\n$/)])
  })

  it('a key folder that was lost: no command makes other keys in its place', async () => {
    const world = await openTestWorld()
    try {
      await seedCard(world)
      const lost = join(dir, 'lost-keys')
      const env = { DATABASE_URL: world.databaseUrl, LEB_KEYS: lost }
      for (const args of [['serve'], ['work'], ['issuer', 'list']])
        expectOneSentence(await leb(args, env), new RegExp(`${lost} lacks root/, leb/, and only .*LEB_KEYS`))
      expectOneSentence(await leb(['keys', 'rotate', 'leb'], env), new RegExp(`${lost} holds no root/`))
      await expect(stat(lost)).rejects.toMatchObject({ code: 'ENOENT' })
      const found = await leb(['issuer', 'list', '--json'], { ...env, LEB_KEYS: world.config.dataDir })
      expect(found).toMatchObject({ code: 0, err: '' })
    } finally {
      await world.stop()
    }
  })

  it("an address that is another machine's", async () => {
    for (const command of ['serve', 'demo'])
      expectOneSentence(
        await leb([command], { LEB_HOST: '8.8.8.8' }),
        /LEB_HOST is 8\.8\.8\.8, which is no address of this machine/,
      )
  })

  it('a port that is taken', async () => {
    const { port, server } = await takenPort()
    try {
      expectOneSentence(await leb(['serve'], { LEB_PORT: String(port) }), new RegExp(`${port} is taken`))
      const demo = await leb(['demo', '--once', '--out', join(dir, 'out')], { LEB_PORT: String(port) })
      expectOneSentence(demo, new RegExp(`${port} is taken`))
    } finally {
      server.close()
    }
  })
})

it('help teaches: every command, with examples and settings', async () => {
  const { out, code } = await leb(['--help'])
  expect(code).toBe(0)
  for (const word of ['serve', 'work', 'import', 'close', 'status', 'verify', 'Examples:', 'DATABASE_URL'])
    expect(out).toContain(word)
})

it('commands without a database name a misspelt setting, too: keys would be changed in another folder', async () => {
  for (const command of [
    ['keys', 'list'],
    ['verify', 'none.pdf'],
  ]) {
    const run = await leb(command, { LEB_KEYZ: dir, LEB_KEYS: join(dir, 'no-keys') })
    expect(run.err).toContain('LEB knows no setting LEB_KEYZ (perhaps LEB_KEYS)')
    expect(run.code).toBe(2)
  }
})

it('a server whose parent was killed is found again, not fought', async () => {
  const data = join(dir, 'orphan')
  const env = { ...process.env, LEB_DATA: data, LEB_LOG: 'info', LEB_PORT: '0', LEB_PROVIDER_PORT: '0' }
  const child = spawn(process.execPath, [projectFile('bin', 'start.mjs'), 'work'], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  await new Promise<void>((working, fail) => {
    child.stderr.on('data', (chunk: Buffer) => chunk.includes('working') && working())
    child.once('exit', () => fail(new Error('work ended early')))
  })
  child.removeAllListeners('exit')
  child.kill('SIGKILL')
  await new Promise((gone) => child.once('exit', gone))
  const again = await leb(['issuer', 'list', '--json'], { LEB_DATA: data })
  expect(again.code).toBe(0)
  expect(again.err).toBe('')
})
