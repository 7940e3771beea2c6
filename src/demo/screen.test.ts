import { expect, it } from 'vitest'
import { openScreen, type ProgressView } from './screen.ts'

const at = (ms: number) => new Date(1_795_000_000_000 + ms)

it('tells each step once with its time, and of no time to undo where none was waited for', () => {
  let told = ''
  const screen = openScreen(
    false,
    (text) => (told += text),
    () => at(0),
  )
  const steps: ProgressView['steps'] = [
    { step: 'identify', state: 'done', at: at(0) },
    { step: 'undo_window', state: 'done', at: at(1) },
    { step: 'freeze', state: 'current', at: null },
  ]
  const view: ProgressView = { state: 'closing', identity: 'signed_in', undoUntil: null, steps }
  screen.progress(view)
  screen.progress(view)
  expect(told.split('\n')).toEqual([
    '    ✓ identity proved            ',
    '    ✓ closing started at once    1 ms',
    '',
  ])
})

it('says who decided where nobody proved who they are', () => {
  let told = ''
  const screen = openScreen(
    false,
    (text) => (told += text),
    () => at(0),
  )
  const steps: ProgressView['steps'] = [{ step: 'identify', state: 'done', at: at(0) }]
  screen.progress({ state: 'closing', identity: 'issuer_decision', undoUntil: null, steps })
  expect(told).toContain('✓ decided by the issuer')
})
