// Values that others send when they are ready, looked up and waited for by key.
import type { Clock } from '#core/clock.ts'
import { type WaitOptions, waitFor } from '#net/wait.ts'

/** One value per key; whoever waits gets it as soon as it is there. */
export class Mailbox<T> {
  readonly #clock: Clock
  readonly #values = new Map<string, T>()
  readonly #waiters = new Map<string, Set<(value: T) => void>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The value of `key`, if it is there. */
  get(key: string): T | undefined {
    return this.#values.get(key)
  }

  /** Keeps `value`; what was there under `key` is replaced. */
  put(key: string, value: T): void {
    this.#values.set(key, value)
    for (const resolve of this.#waiters.get(key) ?? []) resolve(value)
    this.#waiters.delete(key)
  }

  /** Forgets `key`. */
  delete(key: string): void {
    this.#values.delete(key)
  }

  /** The value of `key`, as soon as it is there; undefined when it does not come in time or the signal aborts. */
  async wait(key: string, options: WaitOptions): Promise<T | undefined> {
    const present = this.#values.get(key)
    if (present !== undefined) return present
    try {
      return await waitFor<T>(this.#clock, key, options, (resolve) => {
        const waiters = this.#waiters.get(key) ?? new Set()
        this.#waiters.set(key, waiters.add(resolve))
        return () => {
          waiters.delete(resolve)
          if (waiters.size === 0 && this.#waiters.get(key) === waiters) this.#waiters.delete(key)
        }
      })
    } catch {
      return undefined
    }
  }
}
