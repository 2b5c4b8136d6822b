// A clock for grids whose tests would otherwise wait: it can be moved forward, and made impatient.
import { type Clock, systemClock } from '#core/clock.ts'
import { REVEAL_DEADLINE_MS } from '#coordinator/matchmaker/unit-session.ts'
import type { WorkerHandle } from '#node/worker-link.ts'
import { hurried, impatientWorker } from './impatient-worker.ts'

/** The system's clock with an offset. */
export class ShiftingClock implements Clock {
  #offsetMs = 0
  /** Whether whoever begins to wait for a reveal now gives up early. */
  isImpatient = false

  nowMs(): number {
    return systemClock.nowMs() + this.#offsetMs
  }

  after(delayMs: number, callback: () => void): () => void {
    return systemClock.after(this.isImpatient ? hurried(delayMs, [REVEAL_DEADLINE_MS]) : delayMs, callback)
  }

  /** Moves the time, not the timers that run. */
  skip(ms: number): void {
    this.#offsetMs += ms
  }

  /** A worker whose node is as impatient as this clock. */
  worker(open: () => WorkerHandle): () => WorkerHandle {
    return impatientWorker(open, () => this.isImpatient)
  }
}
