import { expect, it } from 'vitest'
import { isPersonGone } from './closure-view.ts'

it('takes a person for gone where money waits for an account and it is support’s turn', () => {
  const waitingFor = (owner: 'holder' | 'staff', reason: 'bank_details_needed' | 'payout_refused') => ({
    steps: [
      {
        step: 'pay_out' as const,
        state: 'blocked' as const,
        at: null,
        cardsDone: 0,
        block: { reason, owner, since: new Date('2026-11-22T10:00:00Z') },
      },
    ],
  })
  expect(isPersonGone(waitingFor('staff', 'bank_details_needed'))).toBe(true)
  expect(isPersonGone(waitingFor('holder', 'bank_details_needed'))).toBe(false)
  expect(isPersonGone(waitingFor('staff', 'payout_refused'))).toBe(false)
  expect(isPersonGone({ steps: [] })).toBe(false)
})
