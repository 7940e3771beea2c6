import { expect, it } from 'vitest'
import { roomForLogMb } from './room-for-log.ts'

it('gives the log twice the buffers, a fifth of the disk at most, and never less than it always had', () => {
  expect(roomForLogMb(100_000, 6_000)).toBe(12_000)
  expect(roomForLogMb(40_000, 6_000)).toBe(8_000)
  expect(roomForLogMb(100_000, 512)).toBe(4_096)
  expect(roomForLogMb(3_000, 6_000)).toBe(4_096)
})
