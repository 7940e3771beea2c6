import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readConfig } from '../platform/env.ts'
import { forShell, leaveSettings } from './sample-settings.ts'

let dir: string
beforeAll(async () => void (dir = await mkdtemp(join(tmpdir(), 'leb demo-'))))
afterAll(() => rm(dir, { recursive: true }))

const production = 'postgres://leb:geheim@db.example/leb'
const typed = (file: string, env: Record<string, string>) =>
  execFileSync('sh', ['-c', `. ${forShell(file)} && echo "$LEB_DATA $DATABASE_URL"`], {
    env: { PATH: process.env.PATH, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })

it('leads commands to the demo and away from any other database that the terminal knows', async () => {
  const file = await leaveSettings(readConfig({ LEB_DATA: dir }))
  expect(typed(file, { DATABASE_URL: production })).toBe(`${dir} \n`)
})

it('asks for the database that the demo was given, and goes on where it is named', async () => {
  const file = await leaveSettings(readConfig({ LEB_DATA: dir, DATABASE_URL: production }))
  expect(() => typed(file, {})).toThrow(/set it to the database that the demo was given/)
  expect(typed(file, { DATABASE_URL: production })).toBe(`${dir} ${production}\n`)
})
