type Stop = () => Promise<void>

/** What is stopped at the end, the last begun first. */
export type Stops = { add(stop: Stop): void; all(): Promise<void> }

/** What comes up after the end (Ctrl-C in the middle of a start) is stopped at once: nothing else would hear of it. */
export function openStops(): Stops {
  const stops: Stop[] = []
  let over = false
  const end = (stop: Stop) => stop().catch(() => undefined)
  return {
    add(stop) {
      if (over) void end(stop)
      else stops.unshift(stop)
    },
    async all() {
      over = true
      for (const stop of stops.splice(0)) await end(stop)
    },
  }
}
