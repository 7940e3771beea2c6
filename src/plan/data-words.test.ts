import { expect, test } from 'vitest'
import { leftWords } from '../card/pages/left-words.ts'

test('what is left of a card is said in the unit it was sold in', () => {
  const left = { dataLeftMb: 3072n, voiceLeftS: 0n, smsLeft: 0n }
  expect(leftWords(left, 'zh-CN')).toBe('流量 3 GB')
  expect(leftWords({ ...left, dataLeftMb: 700n }, 'en')).toBe('700 MB data')
})
