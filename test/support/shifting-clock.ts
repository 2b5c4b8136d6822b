// A clock for grids whose tests would otherwise wait: it can be moved forward, and made impatient.
import { type Clock, systemClock } from '#core/clock.ts'
import { REVEAL_DEADLINE_MS } from '#coordinator/matchmaker/unit-session.ts'
import { REVEAL_TIMEOUT_MS } from '#net/protocols/reveal/constants.ts'
import { BEGIN_AFTER_MS, CLOSE_WAIT_MS, DESK_WAIT_MS } from '#node/exchange.ts'
import type { WorkerHandle } from '#node/worker-link.ts'

/** How long a node waits for peers that do not reveal. */
const NODE_PATIENCE_MS: readonly number[] = [REVEAL_TIMEOUT_MS, BEGIN_AFTER_MS, CLOSE_WAIT_MS, DESK_WAIT_MS]

/** How much sooner that ends while the clock is impatient. */
const HURRY = 10

/** The system's clock with an offset. */
export class ShiftingClock implements Clock {
  #offsetMs = 0
  /** Whether whoever begins to wait for a reveal now gives up early. Heartbeats, pauses and idle channels are left alone. */
  isImpatient = false

  nowMs(): number {
    return systemClock.nowMs() + this.#offsetMs
  }

  after(delayMs: number, callback: () => void): () => void {
    return systemClock.after(this.#shortened(delayMs, [REVEAL_DEADLINE_MS]), callback)
  }

  /** Moves the time, not the timers that run. */
  skip(ms: number): void {
    this.#offsetMs += ms
  }

  /** A worker whose node is as impatient as this clock: its timers are the worker's. */
  worker(open: () => WorkerHandle): () => WorkerHandle {
    return () => {
      const handle = open()
      return {
        ...handle,
        api: { ...handle.api, wait: (delayMs) => handle.api.wait(this.#shortened(delayMs, NODE_PATIENCE_MS)) },
      }
    }
  }

  #shortened(delayMs: number, patienceMs: readonly number[]): number {
    return this.isImpatient && patienceMs.includes(delayMs) ? delayMs / HURRY : delayMs
  }
}
