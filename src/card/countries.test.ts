import { expect, it } from 'vitest'
import { countries, countryName } from './countries.ts'

it('names every country in both languages, and none as an administration among plain names', () => {
  for (const code of countries) {
    expect(countryName(code, 'zh-CN'), code).toMatch(/^[\p{sc=Han}()（）·]+$/u)
    expect(countryName(code, 'en'), code).not.toMatch(/SAR|^[A-Z]{2}$/)
  }
  expect(['HK', 'MO', 'TW'].map((code) => countryName(code, 'zh-CN'))).toEqual(['香港', '澳门', '台湾'])
  expect(countryName('HK', 'en')).toBe('Hong Kong')
  expect(countryName('??', 'en')).toBe('??')
})
