// A clock that stands still until a test moves it: timers fire in order of their time, at their time, however far it is moved.
import type { Clock } from './clock.ts'

/** A {@link Clock} moved by hand. */
export type ManualClock = Clock & {
  /** Moves on by `byMs` and fires what falls due on the way. */
  advance(byMs: number): void
  /** Sets the time without firing anything: a clock that was corrected, or a device that slept. */
  jumpTo(nowMs: number): void
  /** Timers that wait. */
  pending(): number
}

/** A clock that stands at `startMs`. */
export function createManualClock(startMs: number): ManualClock {
  let nowMs = startMs
  let timers: { dueMs: number; callback: () => void }[] = []
  const takeDue = (untilMs: number) => {
    const [next] = timers.filter(({ dueMs }) => dueMs <= untilMs).toSorted((a, b) => a.dueMs - b.dueMs)
    timers = timers.filter((timer) => timer !== next)
    return next
  }
  return {
    nowMs: () => nowMs,
    after(delayMs, callback) {
      const timer = { dueMs: nowMs + delayMs, callback }
      timers.push(timer)
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
    advance(byMs) {
      const untilMs = nowMs + byMs
      for (let next = takeDue(untilMs); next !== undefined; next = takeDue(untilMs)) {
        nowMs = Math.max(nowMs, next.dueMs)
        next.callback()
      }
      nowMs = untilMs
    },
    jumpTo(atMs) {
      nowMs = atMs
    },
    pending: () => timers.length,
  }
}
