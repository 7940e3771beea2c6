import { expect, test } from 'vitest'
import { basisWords } from './basis-words.ts'

test('a Chinese law stands under its own name in Chinese, and translated first in English', () => {
  const basis = '会计档案管理办法 (Accounting Archives Measures)'
  expect(basisWords(basis, 'zh-CN')).toBe('会计档案管理办法')
  expect(basisWords(basis, 'en')).toBe('Accounting Archives Measures (会计档案管理办法)')
})

test('any other source is said as it stands', () => {
  for (const basis of ['GB/T 35273-2020, 8.5', '§ 64(4) TKG', 'CRD Art. 14(3) (pro rata)'])
    expect(basisWords(basis, 'zh-CN')).toBe(basis)
})
