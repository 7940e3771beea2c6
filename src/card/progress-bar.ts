import type { Clock } from '../platform/clock.ts'

const width = 30
const redraw_ms = 100

export type ProgressBar = {
  draw(share: number, words: string): void
  /** Makes room for a line of its own; the next `draw` brings the bar back below it. */
  clear(): void
  end(): void
}

/** One line that is drawn over itself, at most ten times a second. `share` goes from 0 to 1. */
export function progressBar(clock: Clock, write: (text: string) => void): ProgressBar {
  let drawnAt = 0
  let drawn = false
  return {
    draw(share, words) {
      const now = clock.now().getTime()
      if (share < 1 && now - drawnAt < redraw_ms) return
      drawnAt = now
      drawn = true
      const full = Math.min(width, Math.floor(share * width))
      const percent = String(Math.min(100, Math.floor(share * 100))).padStart(3)
      write(`\r\u001b[2K${'█'.repeat(full)}${'░'.repeat(width - full)} ${percent} %  ${words}`)
    },
    clear() {
      if (drawn) write('\r\u001b[2K')
      drawnAt = 0
    },
    end() {
      if (drawn) write('\n')
    },
  }
}
