// Each holds a socket and a little memory. One person with many windows stays below the first, and nobody who opens
// them by the hundred can take those of all others.
const of_one_closure = 20
const in_all = 1_000

const open = new Map<string, number>()
let all = 0

/** Counts one more event stream of this process; answers how to end it, or undefined when there are too many. */
export function openStream(closureId: string): (() => void) | undefined {
  const those = open.get(closureId) ?? 0
  if (those >= of_one_closure || all >= in_all) return undefined
  open.set(closureId, those + 1)
  all++
  let ended = false
  return () => {
    if (ended) return
    ended = true
    all--
    const left = open.get(closureId)! - 1
    if (left > 0) open.set(closureId, left)
    else open.delete(closureId)
  }
}
