import { expect, it } from 'vitest'
import { isAddress } from '../adapters/mail/smtp.ts'
import { mailbox } from './mailbox.ts'

it.each([
  ['mei@example.com', true],
  ["o'brien+travel@mail.example.co.uk", true],
  ['李磊@例子.中国', true],
  // Slips that would be paid for, and whose card could be mailed nowhere.
  ['mei@example.com,', false],
  ['mei@example.com;', false],
  ['<mei@example.com>', false],
  ['Mei"mei@example.com', false],
  ['x,mei@example.com', false],
  ['mei@example.com\u202e', false],
  ['mei@example', false],
  [`${'a'.repeat(64)}@${'b'.repeat(180)}.${'c'.repeat(20)}`, false],
])('%s: %s', (typed, taken) => {
  expect(mailbox.test(typed)).toBe(taken)
  // What is taken can be sent to.
  if (taken) expect(isAddress(typed)).toBe(true)
})
