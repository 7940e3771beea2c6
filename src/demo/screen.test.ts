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
    { step: 'identify', state: 'done', at: at(70) },
    { step: 'undo_window', state: 'done', at: at(71) },
    { step: 'pay_out', state: 'done', at: at(1_571) },
    { step: 'cut_line', state: 'current', at: null },
  ]
  const part = (state: 'refused' | 'paid' | 'waiting', reference: string | null) => ({
    route: 'original_payment' as const,
    amount: { amount: '3570', currency: 'HKD' },
    state,
    reference,
  })
  const cards = [{ parts: [part('refused', null), part('paid', 're_1')] }]
  const view: ProgressView = {
    state: 'closing',
    identity: 'signed_in',
    undoUntil: null,
    declaredAt: at(0),
    steps,
    cards,
  }
  screen.say('  ✓ three issuers set up', 12)
  screen.progress({ ...view, cards: [{ parts: [part('waiting', null)] }] })
  screen.progress(view)
  screen.progress(view)
  expect(told.split('\n')).toEqual([
    '  ✓ three issuers set up                                  12 ms',
    '    ✓ identity proved                                     70 ms',
    '    ✓ closing started at once                             1 ms',
    '    ✓ money paid back                                     1.5 s',
    '        HK$35.70, re_1',
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
  screen.progress({
    state: 'closing',
    identity: 'issuer_decision',
    undoUntil: null,
    declaredAt: at(0),
    steps,
    cards: [],
  })
  expect(told).toContain('✓ decided by the issuer')
})
