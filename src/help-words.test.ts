import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { projectFile } from './platform/project.ts'

const help = (...args: string[]) =>
  spawnSync(process.execPath, [projectFile('bin', 'leb.mjs'), ...args], { encoding: 'utf8' }).stdout

it('fits a terminal of 80 columns, with an example of the commands and every setting', () => {
  const words = help('--help')
  expect(words).toContain('npx leb verify slip.pdf --trust root.pem')
  expect(words).toContain('LEB_PROVIDER_URL')
  expect(words.split('\n').filter((line) => line.length > 80)).toEqual([])
})
