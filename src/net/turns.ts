// Lets so many go at a time; the others wait in line. For work that holds memory while a peer is slow.
import type { Clock } from '#core/clock.ts'
import { waitFor } from './wait.ts'

/** A fixed number of turns. */
export class Turns {
  readonly #clock: Clock
  readonly #waiting: (() => void)[] = []
  #free: number

  constructor(clock: Clock, count: number) {
    this.#clock = clock
    this.#free = count
  }

  /** Runs `task` when its turn comes. Throws the signal's reason when it gives up waiting. */
  async take<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#turn(signal)
    try {
      return await task()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    if (this.#free > 0) {
      this.#free--
      return Promise.resolve()
    }
    return waitFor<void>(this.#clock, 'a turn', { signal }, (resolve) => {
      const go = () => resolve()
      this.#waiting.push(go)
      return () => {
        const at = this.#waiting.indexOf(go)
        if (at >= 0) this.#waiting.splice(at, 1)
      }
    })
  }
}
