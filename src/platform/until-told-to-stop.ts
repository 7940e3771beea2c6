/**
 * Waits for Ctrl-C or SIGTERM; with LEB_WITH_PARENT=1 also for the parent's end, seen by standard input closing.
 * A second Ctrl-C ends the process at once: the journal is made for that.
 */
export async function untilToldToStop(): Promise<void> {
  await new Promise<void>((stop) => {
    process.once('SIGINT', stop)
    process.once('SIGTERM', stop)
    if (process.env.LEB_WITH_PARENT !== '1') return
    process.stdin.on('end', stop).on('close', stop).resume()
  })
  // An open standard input would keep the process alive for ever.
  process.stdin.destroy()
  process.once('SIGINT', () => process.exit(130))
}
