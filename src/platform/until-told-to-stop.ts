/**
 * Waits for Ctrl-C or SIGTERM; with LEB_WITH_PARENT=1 also for the parent's end, seen by standard input closing.
 * A second Ctrl-C ends the process at once: the journal is made for that. Answers the signal, where it was one.
 */
export async function untilToldToStop(): Promise<Told> {
  const told = await new Promise<Told>((stop) => {
    process.once('SIGINT', stop)
    process.once('SIGTERM', stop)
    if (process.env.LEB_WITH_PARENT !== '1') return
    const gone = () => stop(undefined)
    // Without unref a start that fails would be kept alive by it.
    process.stdin.on('end', gone).on('close', gone).resume().unref()
  })
  // An open standard input would keep the process alive for ever.
  process.stdin.destroy()
  process.once('SIGINT', () => process.exit(exitCodes.SIGINT))
  return told
}

type Told = NodeJS.Signals | undefined

// What a shell sees of a program that a signal has ended: 128 and its number.
const exitCodes = { SIGINT: 130, SIGTERM: 143 }

/** Told to stop before it was done: nothing is wrong, and nothing goes on. */
export class ToldToStop extends Error {
  /** 0 where being told to stop is the only end there is. */
  readonly exitCode: number
  constructor(exitCode: number) {
    super('told to stop')
    this.exitCode = exitCode
  }
}

export type Stopping = {
  /** Throws ToldToStop once told: asked between the steps of a start, each of which is let end. */
  check: () => void
  told: () => Promise<void>
  /** Waits for the work, and no longer than until told where that is listened for: then throws ToldToStop. */
  orTold: <T>(work: Promise<T>) => Promise<T>
}

/**
 * Listens from the first moment where the start brings up a server of ours (`early`), which would go on running.
 * Where it does not, a signal ends a start at once, as it ends any process: a database far away may not answer.
 * @param endless whether being told to stop is how it always ends
 */
export function hearStop({ early, endless }: { early: boolean; endless: boolean }): Stopping {
  let heard: ToldToStop | undefined
  let told: Promise<void> | undefined
  const hear = async () => {
    const code = (await untilToldToStop()) === 'SIGTERM' ? exitCodes.SIGTERM : exitCodes.SIGINT
    heard = new ToldToStop(endless ? 0 : code)
  }
  const listen = () => (told ??= hear())
  if (early) void listen()
  const check = () => {
    if (heard) throw heard
  }
  return {
    told: listen,
    check,
    async orTold(work) {
      if (!early) return work
      const cutShort = listen().then(() => {
        throw heard
      })
      return Promise.race([work, cutShort])
    },
  }
}
