// Reads the history again after it changed, seldom enough that a busy node costs the page nothing, and lets the element draw.
import type { ReactiveController, ReactiveControllerHost } from 'lit'
import type { HistoryStore } from './history-store.ts'

/** Shortest time between two readings. */
const READ_MS = 2_000

/** One element's view of the history. `read` sets what the element shows. */
export class HistoryWatch implements ReactiveController {
  readonly #host: ReactiveControllerHost
  readonly #read: (history: HistoryStore) => Promise<void>
  #history: HistoryStore | null = null
  #unsubscribe = () => {}
  #timer: ReturnType<typeof setTimeout> | undefined
  #isReading = false
  #isWanted = false

  constructor(host: ReactiveControllerHost, read: (history: HistoryStore) => Promise<void>) {
    this.#host = host
    this.#read = read
    host.addController(this)
  }

  /** Follows `history` from now on. */
  follow(history: HistoryStore | null): void {
    if (history === this.#history) return
    this.#leave()
    this.#history = history
    this.#join()
  }

  /** Reads now, or when the reading under way has ended. */
  again(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#isWanted = true
    if (!this.#isReading) void this.#readWanted()
  }

  hostConnected(): void {
    this.#join()
  }

  hostDisconnected(): void {
    this.#leave()
  }

  #join(): void {
    if (this.#history === null) return
    this.#unsubscribe()
    this.#unsubscribe = this.#history.onChange(() => {
      this.#timer ??= setTimeout(() => this.again(), READ_MS)
    })
    this.again()
  }

  #leave(): void {
    this.#unsubscribe()
    this.#unsubscribe = () => {}
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  async #readWanted(): Promise<void> {
    this.#isReading = true
    while (this.#isWanted && this.#history !== null) {
      this.#isWanted = false
      // A history that another tab took over stays as it was last read.
      await this.#read(this.#history).catch(() => undefined)
      this.#host.requestUpdate()
    }
    this.#isReading = false
  }
}
