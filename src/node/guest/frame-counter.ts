// Counts the frames of a page and those that came late, against the page's own rhythm: screens draw 60, 90 or 120 times a second.
import type { FrameCount } from './signals.ts'

/** An interval of this many usual ones left a frame out. */
const LATE = 1.5

/** Longer intervals are no frames: the page slept or was hidden. */
const MAX_INTERVAL_MS = 1000

/** Times come from requestAnimationFrame. */
export class FrameCounter {
  #lastMs: number | undefined
  #intervals: number[] = []

  note(atMs: number): void {
    const intervalMs = this.#lastMs === undefined ? 0 : atMs - this.#lastMs
    this.#lastMs = atMs
    if (intervalMs > 0 && intervalMs <= MAX_INTERVAL_MS) this.#intervals.push(intervalMs)
  }

  /** Time that the counted frames cover. */
  get spanMs(): number {
    return this.#intervals.reduce((sum, interval) => sum + interval, 0)
  }

  /** What was counted since the last call. The usual interval is that of the quickest quarter. */
  take(): FrameCount {
    const sorted = this.#intervals.toSorted((a, b) => a - b)
    const usualMs = sorted[Math.floor(sorted.length / 4)] ?? 0
    const late = sorted.filter((interval) => interval > usualMs * LATE).length
    this.#intervals = []
    return { shown: sorted.length, late }
  }

  /** Forgets what was counted, e.g. because the page was hidden in between. */
  reset(): void {
    this.#lastMs = undefined
    this.#intervals = []
  }
}
