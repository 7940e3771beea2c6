import { readdir, readFile } from 'node:fs/promises'

// Linux counts in ticks of 1/100 s (sysconf(_SC_CLK_TCK), the same on every platform LEB runs on).
const ms_per_tick = 10

type Stat = { parent: number; ownMs: number; endedChildrenMs: number }

/** CPU that processes have used, user and system, in ms: says the same on a busy machine as on an idle one. */
export async function cpuMs(pids: number[]): Promise<number> {
  const stats = await Promise.all(pids.map(readStat))
  return stats.reduce((sum, stat) => sum + (stat?.ownMs ?? 0), 0)
}

/** A process and all that it started, ended ones included. */
export async function cpuMsOfTree(pid: number): Promise<number> {
  const root = await readStat(pid)
  const others = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const stats = await Promise.all(others.map((name) => readStat(Number(name))))
  const children = stats.filter((stat) => stat?.parent === pid)
  return (
    (root?.ownMs ?? 0) +
    (root?.endedChildrenMs ?? 0) +
    children.reduce((sum, stat) => sum + (stat?.ownMs ?? 0), 0)
  )
}

/** proc(5): the name, in brackets, may hold spaces; fields are counted from behind it. */
async function readStat(pid: number): Promise<Stat | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  if (!text) return undefined
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const at = (n: number) => Number(fields[n - 3]) * ms_per_tick
  return { parent: Number(fields[1]), ownMs: at(14) + at(15), endedChildrenMs: at(16) + at(17) }
}
