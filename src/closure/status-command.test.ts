import { expect, it } from 'vitest'
import type { ClosureView, PartView } from './closure-view.ts'
import { progressEn } from './pages/progress-text-en.ts'
import { inWords, wordsFor } from './status-command.ts'

const part = (route: PartView['route'], amount: string, state: PartView['state']): PartView => ({
  partId: 'p',
  route,
  amount: { amount, currency: 'KWD' },
  state,
  reference: state === 'paid' ? 're_1' : null,
  settledAt: null,
  byHand: false,
  refusal: null,
  arrivesBy: null,
  claimUntil: null,
})

it('says each way the money goes, with its decimals', () => {
  const at = new Date('2026-11-22T08:00:00Z')
  const parts = [
    part('original_payment', '6915', 'refused'),
    part('original_payment', '5500', 'paid'),
    part('bank_transfer', '1415', 'waiting'),
    { ...part('kept', '9', 'waiting'), claimUntil: '2030-12-31' },
  ]
  const card = { iccid: '8999901000000000018', plan: 'LEB3', parts }
  const view = { number: 'LEB-2K7M-9QXCT', state: 'closing', declaredAt: at, dueAt: at, steps: [] }
  const lines = inWords({ ...view, cards: [card] } as unknown as ClosureView).split('\n')
  expect(lines.slice(2)).toEqual([
    '  card 8999901000000000018 LEB3',
    '    original_payment 5.500 KWD paid re_1',
    '    bank_transfer 1.415 KWD waiting',
    '    kept 0.009 KWD waiting, no account was named: claimable until 2030-12-31 at least',
  ])
})

it('says that time to undo is over only where there was some', () => {
  const at = new Date('2026-11-22T08:00:00Z')
  const steps = [{ step: 'undo_window', state: 'done', at, block: null }]
  const view = { number: 'LEB-2K7M-9QXCT', state: 'closing', declaredAt: at, dueAt: at, steps, cards: [] }
  const line = (undoUntil: Date | null) =>
    inWords({ ...view, undoUntil } as unknown as ClosureView).split('\n')[2]
  expect(line(at)).toBe('  ✓ time to undo over        2026-11-22T08:00:00.000Z')
  expect(line(null)).toBe('  ✓ closing started at once  2026-11-22T08:00:00.000Z')
})

it('says since when a step waits, and for whom, where others say when they were done', () => {
  const at = new Date('2026-11-22T08:00:00Z')
  const block = { reason: 'bank_details_needed', owner: 'holder', since: at }
  const steps = [
    { step: 'settle', state: 'done', at, block: null },
    { step: 'pay_out', state: 'blocked', at: null, block },
    { step: 'cut_line', state: 'waiting', at: null, block: null },
  ]
  const view = { number: 'LEB-2K7M-9QXCT', state: 'closing', declaredAt: at, dueAt: at, steps, cards: [] }
  expect(
    inWords(view as unknown as ClosureView)
      .split('\n')
      .slice(2),
  ).toEqual([
    '  ✓ balance settled          2026-11-22T08:00:00.000Z',
    "  ! money paid back          bank_details_needed: holder's turn since 2026-11-22T08:00:00.000Z",
    '  · line off for good',
  ])
})

it('says that identity was proved only where somebody proved theirs', () => {
  const declared = { identity: 'signed_in', undoUntil: null } as const
  expect(wordsFor('identify', { ...declared, provedBy: 'account' })).toBe('identity proved')
  expect(wordsFor('identify', { ...declared, provedBy: null })).toBe('identity proved')
  expect(wordsFor('identify', { ...declared, provedBy: 'issuer' })).toBe('decided without a code')
  const decided = { ...declared, identity: 'issuer_decision', provedBy: null } as const
  expect(wordsFor('identify', decided)).toBe('decided by the issuer')
})

it('names the freeze as the page of the closure does', () => {
  expect(wordsFor('freeze', { identity: 'signed_in', undoUntil: null })).toBe(
    progressEn.steps.freeze.done.toLowerCase(),
  )
})
