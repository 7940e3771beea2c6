import { describe, expect, it } from 'vitest'
import { failureSwitch, parseFailureOrder } from './failures.ts'

describe('failure switch', () => {
  it('is well until told, for so many requests as told, and only for those that match', () => {
    const failures = failureSwitch()
    expect(failures.draw('POST /x')).toBeUndefined()
    failures.set({ mode: 'refuse', times: 2, match: 'POST' })
    const drawn = ['GET /x', 'POST /x', 'POST /y', 'POST /z'].map((text) => failures.draw(text))
    expect(drawn).toEqual([undefined, 'refuse', 'refuse', undefined])
  })

  it('can be cleared', () => {
    const failures = failureSwitch()
    failures.set({ mode: 'down' })
    failures.set(parseFailureOrder({}))
    expect(failures.draw('GET /')).toBeUndefined()
  })

  it('draws the same for the same seed, about as often as told', () => {
    const run = (seed: number) => {
      const failures = failureSwitch()
      failures.set({ mode: 'down', probability: 0.3, seed })
      return Array.from({ length: 1_000 }, () => failures.draw('x') ?? '-').join('')
    }
    expect(run(4)).toBe(run(4))
    expect(run(4)).not.toBe(run(5))
    const hits = run(4).match(/down/g)?.length ?? 0
    expect(hits).toBeGreaterThan(240)
    expect(hits).toBeLessThan(360)
  })

  it('does not take a mode that it does not know', () => {
    expect(() => parseFailureOrder({ mode: 'explode' })).toThrow('unknown mode')
  })
})
