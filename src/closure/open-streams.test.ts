import { expect, it } from 'vitest'
import { openStream } from './open-streams.ts'

it('lets a closure have so many event streams, and another one still some', () => {
  const mine = Array.from({ length: 25 }, () => openStream('mine'))
  expect(mine.filter(Boolean)).toHaveLength(20)
  const other = openStream('other')
  expect(other).toBeDefined()
  other!()
  mine[0]!()
  // Ending one twice frees one place.
  mine[0]!()
  const again = [openStream('mine'), openStream('mine')]
  expect(again.map(Boolean)).toEqual([true, false])
  for (const leave of [...mine, ...again]) leave?.()
})
