import { expect, it } from 'vitest'
import { progressBar } from './progress-bar.ts'

it('makes room for a line of its own and comes back below it at once', () => {
  let written = ''
  const clock = { now: () => new Date('2026-11-22T08:00:00Z') }
  const bar = progressBar(clock, (text) => void (written += text))
  bar.clear()
  expect(written).toBe('')
  bar.draw(0.1, 'one')
  bar.draw(0.2, 'too soon')
  bar.clear()
  written += 'a result\n'
  bar.draw(0.3, 'three')
  const wiped = '\r\u001b[2K'
  expect(written.replace(/[█░]+ +/g, '')).toBe(`${wiped}10 %  one${wiped}a result\n${wiped}30 %  three`)
})
