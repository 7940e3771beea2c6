import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { projectFile } from '../../src/platform/project.ts'

/** The line of the README that runs the main job, and then the same installation once more, until it is told to stop. */

let dir: string
let ports: { LEB_PORT: string; LEB_PROVIDER_PORT: string }
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'leb-demo-'))
  await chmod(dir, 0o755)
  const [portal, door] = await freePorts()
  ports = { LEB_PORT: String(portal), LEB_PROVIDER_PORT: String(door) }
})
afterAll(() => rm(dir, { recursive: true, force: true }))

async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()] as const
  const numbers: number[] = []
  for (const server of servers) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    numbers.push((server.address() as { port: number }).port)
  }
  for (const server of servers) server.close()
  return numbers as [number, number]
}

function leb(...args: string[]): { child: ChildProcess; said: () => string; end: Promise<unknown[]> } {
  const child = spawn(process.execPath, [projectFile('bin', 'start.mjs'), ...args], {
    env: { ...process.env, ...ports, LEB_DATA: join(dir, 'data'), LEB_LOG: 'warn' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk: Buffer) => (said += chunk))
  return { child, said: () => said, end: once(child, 'exit') }
}

/** A line that the demo has printed, typed in another terminal: none of this test's own settings are there. */
function typed(line: string): Promise<{ code: unknown; out: string; err: string }> {
  const own = Object.entries(process.env).filter(([name]) => !/^LEB_|^DATABASE_URL$/.test(name))
  const command = line.replace('npx leb ', `${process.execPath} ${projectFile('bin', 'start.mjs')} `)
  return new Promise((done) => {
    const env = { ...Object.fromEntries(own), LEB_LOG: 'warn' }
    execFile('sh', ['-c', command], { env, cwd: projectFile('.') }, (error, out, err) =>
      done({ code: error ? error.code : 0, out, err }),
    )
  })
}
/** What the demo printed after some words. */
const printed = (said: string, words: RegExp) => words.exec(said)![1]!

const serverRuns = () => existsSync(join(dir, 'data', 'pg', 'postmaster.pid'))

it('closes a card once, leaves the proof in a folder, and ends', async () => {
  const out = join(dir, 'out')
  const demo = leb('demo', '--once', '--out', out)
  expect([await demo.end, demo.said()]).toEqual([[0, null], expect.stringContaining('certificate.pdf')])
  expect(serverRuns()).toBe(false)

  for (const name of ['slip.pdf', 'certificate.pdf'])
    expect((await readFile(join(out, name))).subarray(0, 5).toString()).toBe('%PDF-')
  const mails = await readdir(join(out, 'mails'))
  expect(mails.filter((name) => name.endsWith('.eml')).length).toBeGreaterThan(2)
  const journal: unknown = JSON.parse(await readFile(join(out, 'journal.json'), 'utf8'))
  expect(JSON.stringify(journal)).toContain('retire_esim')
  for (const name of ['slip.pdf', 'certificate.pdf']) {
    const verify = leb('verify', join(out, name), '--trust', join(out, 'root.pem'))
    expect([await verify.end, verify.said()]).toEqual([[0, null], expect.stringContaining('GENUINE')])
  }
  const check = await typed(printed(demo.said(), /check it +(npx leb .*)/))
  expect(check).toMatchObject({ code: 0, out: expect.stringContaining('GENUINE') })
  const look = await typed(printed(demo.said(), /look at it +(\. .*; npx leb .*)/))
  expect(look).toMatchObject({ code: 0, out: expect.stringContaining('✓ certificate sealed'), err: '' })
})

it('serves on the same folder until Ctrl-C, and leaves nothing running', async () => {
  const demo = leb('demo')
  // Also where an expectation fails: it would serve on for ever.
  onTestFinished(async () => {
    demo.child.kill('SIGINT')
    await demo.end
  })
  await expect.poll(demo.said, { timeout: 60_000 }).toContain('Ctrl-C stops everything')
  const portal = await fetch(`http://127.0.0.1:${ports.LEB_PORT}/leb/en/`)
  expect(portal.status).toBe(200)

  const settings = printed(demo.said(), /\n +(\. \S+demo\.env)\n/)
  const closes = [...demo.said().matchAll(/(npx leb close .*?)  # (\w+): .*; exit code (\d)\n/g)]
  const ended: { number: string }[] = []
  for (const [, command, result, code] of closes) {
    const { out, err, code: real } = await typed(`${settings}; ${command} --json`)
    expect([err, real, JSON.parse(out)]).toEqual(['', Number(code), expect.objectContaining({ result })])
    ended.push(JSON.parse(out) as { number: string })
  }
  expect(closes.map(([, , result]) => result)).toEqual(['closed', 'waiting'])
  expect(ended[1]).toMatchObject({ reason: 'bank_details_needed' })
  const { number } = ended[1]!
  const open = await typed(`${settings}; ${printed(demo.said(), /(npx leb status --open)/)} --json`)
  expect(JSON.parse(open.out).closures).toMatchObject([{ number, turn: 'holder', step: 'pay_out' }])
  const statement = join(dir, 'statement.csv')
  await writeFile(statement, await readFile(projectFile('demo', 'statement.csv')))
  const bank = printed(demo.said(), /(npx leb bank import .*)/)
    .replace('demo/statement.csv', statement)
    .replace('rejects.csv', join(dir, 'rejects.csv'))
  expect(await typed(`${settings}; ${bank}`)).toMatchObject({ code: 0, err: '' })
  demo.child.kill('SIGINT')
  expect(await demo.end).toEqual([0, null])
  expect(serverRuns()).toBe(false)
  await expect(fetch(`http://127.0.0.1:${ports.LEB_PORT}/`)).rejects.toThrow()
})
