import { statfs } from 'node:fs/promises'
import { sharedBuffersMb } from './shared-buffers.ts'

const least_mb = 4_096

/**
 * How far the log may grow before a checkpoint comes (max_wal_size). After each checkpoint the first change of a page
 * writes all of it to the log (PostgreSQL's manual, 28.5): where usage goes through more pages than the log has room for,
 * every one of them does so for ever, and the log of a usage record of ten million cards is two and a half times as long
 * (bench/README.md). So twice what the buffers hold, but no more than a fifth of the disk's free room.
 */
export function roomForLogMb(free_mb: number, buffers_mb = sharedBuffersMb()): number {
  return Math.max(least_mb, Math.min(2 * buffers_mb, Math.floor(free_mb / 5)))
}

/** Free room, in MB, of the disk that a folder lies on. */
export async function freeMb(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return Math.floor((bavail * bsize) / 2 ** 20)
}
