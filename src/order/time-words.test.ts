import { expect, it } from 'vitest'
import { spanWords } from './time-words.ts'

it.each([
  [1, '1 day', '1 天'],
  [90, '90 days', '90 天'],
  [365, '365 days', '365 天'],
  [366, '1 year', '1 年'],
  [1095, '1095 days', '1095 天'],
  [1096, '3 years', '3 年'],
  [1097, '1097 days', '1097 天'],
  [1461, '4 years', '4 年'],
  [3653, '10 years', '10 年'],
])('%i days are told as years only where no year could be longer', (days, en, zh) => {
  expect([spanWords(days, 'en'), spanWords(days, 'zh-CN')]).toEqual([en, zh])
})
