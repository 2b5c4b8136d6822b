// How much work to hand the GPU at a time: submits that take about as long as the owner of the page allows, two of them in flight.

/** Submits in flight: while one runs, the next waits on the GPU's doorstep. */
const IN_FLIGHT = 2

/** Multiplications a millisecond to begin with: a slow software adapter. Measured from the first submit on. */
const INITIAL_SPEED = 2 ** 20

/** Shortest time believed: clocks are coarse. */
const SHORTEST_MS = 0.05

/** Paces the submits of one operation after another, learning the speed of the device as it goes. */
export class Pace {
  readonly #targetMs: () => number
  #speed = INITIAL_SPEED
  #lastDoneMs = 0
  #inFlight: Promise<void>[] = []

  /** `targetMs` is asked before each submit: it may change with the page's visibility. */
  constructor(targetMs: () => number) {
    this.#targetMs = targetMs
  }

  /** How many workgroups of `products` multiplications each make one submit. */
  fitting(products: number): number {
    return Math.max(1, Math.floor((this.#speed * this.#targetMs()) / products))
  }

  /** Runs `submit`, which does `products` multiplications, as soon as there is room in flight. */
  async submit(products: number, submit: () => Promise<void>): Promise<void> {
    if (this.#inFlight.length >= IN_FLIGHT) await this.#inFlight.shift()
    const done = this.#timed(products, submit)
    // Awaited later; until then a rejection must not count as unhandled.
    done.catch(() => undefined)
    this.#inFlight.push(done)
  }

  async #timed(products: number, submit: () => Promise<void>): Promise<void> {
    const submittedMs = performance.now()
    await submit()
    const nowMs = performance.now()
    const tookMs = Math.max(SHORTEST_MS, nowMs - Math.max(submittedMs, this.#lastDoneMs))
    this.#lastDoneMs = nowMs
    this.#speed = (this.#speed + products / tookMs) / 2
  }

  /** Resolves when everything submitted is done; rejects with the first failure. */
  async settle(): Promise<void> {
    const pending = this.#inFlight
    this.#inFlight = []
    await Promise.all(pending)
  }

  /** Forgets what is in flight, after a failure. */
  reset(): void {
    this.#inFlight = []
  }
}
