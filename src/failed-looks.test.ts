import { expect, test } from 'vitest'
import { testClock } from '../test/harness.ts'
import { logFailedLooks } from './failed-looks.ts'
import { SetupError } from './platform/errors.ts'

function stage() {
  const clock = testClock()
  const said: unknown[] = []
  const quiet = () => undefined
  const error = (_: string, fields?: object) => void said.push(fields)
  return {
    clock,
    said,
    tell: logFailedLooks({ clock, log: { debug: quiet, info: quiet, warn: quiet, error } }),
  }
}
const look = (id: string, issuerId = 'leb') => ({ issuerId, id })

test('a fault of the set-up is logged once in ten minutes, however many looks meet it', () => {
  const { clock, said, tell } = stage()
  const lacking = () => new SetupError('the environment lacks TOKEN')
  for (let n = 0; n < 1_000; n++) tell('closure', look(`c${n}`), lacking())
  expect(said).toEqual([
    { queue: 'closure', issuer: 'leb', closure: 'c0', reason: 'SetupError', sentence: lacking().message },
  ])
  tell('closure', look('c1', 'roamly'), lacking())
  tell('closure', look('c1'), new SetupError('another'))
  expect(said).toHaveLength(3)
  clock.advance({ seconds: 601 })
  tell('closure', look('c1'), lacking())
  expect(said).toHaveLength(4)
})

test('a fault of ours is logged each time, with what was looked at', () => {
  const { said, tell } = stage()
  for (const id of ['n1', 'n2']) tell('notice', look(id), new TypeError('x'))
  expect(said).toMatchObject([{ look: 'n1' }, { look: 'n2' }])
})
