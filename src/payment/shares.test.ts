import { describe, expect, it } from 'vitest'
import { shares } from './charge-back.ts'

describe('shares of a payment that paid for several cards', () => {
  const payments = [
    { amount_minor: 300n, charged_back_minor: 100n },
    { amount_minor: 500n, charged_back_minor: 0n },
  ]
  it.each([
    [150n, [[150n, 150n]]],
    [
      700n,
      [
        [200n, 200n],
        [500n, 500n],
      ],
    ],
    [
      750n,
      [
        [200n, 200n],
        [550n, 500n],
      ],
    ],
  ])('of %d', (taken, expected) => {
    expect(shares(payments, taken).map(({ amount, counted }) => [amount, counted])).toEqual(expected)
  })
})
