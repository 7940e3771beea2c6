import { writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { sharedBuffersMb } from '../src/platform/shared-buffers.ts'

const file = '/proc/sys/vm/nr_hugepages'
const page_mb = 2
// What a server of 200 connections shares beside its buffers, which grows with them.
const beside = 1.06

/**
 * Huge pages for a server's shared memory, as docs/operate/install.md advises for millions of cards, where this process
 * may ask the system for them (root on Linux); a server takes them by itself. Says what it did, and puts back what was
 * there before when the process ends, also by Ctrl-C (installation.ts).
 */
export async function reserveHugePages(settings: Record<string, string>): Promise<void> {
  const needed = Math.ceil((buffersMb(settings) * beside) / page_mb) + 64
  const before = await readFile(file, 'utf8').then(Number, () => undefined)
  if (before === undefined || before >= needed) return
  const put = (pages: number) => writeFile(file, String(pages))
  const refused = await put(needed).then(
    () => false,
    () => true,
  )
  if (refused) return
  // Of memory in pieces the system gives fewer, and too few are none.
  const given = Number(await readFile(file, 'utf8'))
  if (given < needed) {
    await put(before)
    return
  }
  process.stderr.write(`  ${needed} huge pages are reserved (vm.nr_hugepages) until the end\n`)
  // What a server still holds goes back to the system when it ends.
  process.once('exit', () => writeFileSync(file, String(before)))
}

function buffersMb({ shared_buffers }: Record<string, string>): number {
  const [, number, unit] = /^(\d+)(MB|GB)$/.exec(shared_buffers ?? '') ?? []
  return number === undefined ? sharedBuffersMb() : Number(number) * (unit === 'GB' ? 1024 : 1)
}
