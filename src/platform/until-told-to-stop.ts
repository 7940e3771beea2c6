/**
 * Waits for Ctrl-C or SIGTERM; with LEB_WITH_PARENT=1 also for the parent's end, seen by standard input closing.
 * A second Ctrl-C ends the process at once: the journal is made for that.
 */
export async function untilToldToStop(): Promise<void> {
  await new Promise<void>((stop) => {
    process.once('SIGINT', stop)
    process.once('SIGTERM', stop)
    if (process.env.LEB_WITH_PARENT !== '1') return
    // Without unref a start that fails would be kept alive by it.
    process.stdin.on('end', stop).on('close', stop).resume().unref()
  })
  // An open standard input would keep the process alive for ever.
  process.stdin.destroy()
  process.once('SIGINT', () => process.exit(130))
}

/** Told to stop before the start was over: nothing is wrong, and nothing goes on. */
export class ToldToStop extends Error {}

export type Stopping = {
  /** Throws ToldToStop once told: asked between the steps of a start, each of which is let end. */
  check(): void
  told(): Promise<void>
}

/**
 * Listens from the first moment where the start brings up a server of ours (`early`), which would go on running.
 * Where it does not, a signal ends a start at once, as it ends any process: a database far away may not answer.
 */
export function hearStop({ early }: { early: boolean }): Stopping {
  let heard = false
  let told: Promise<void> | undefined
  const listen = () => (told ??= untilToldToStop().then(() => void (heard = true)))
  if (early) void listen()
  return {
    told: listen,
    check() {
      if (heard) throw new ToldToStop('told to stop while starting')
    },
  }
}
