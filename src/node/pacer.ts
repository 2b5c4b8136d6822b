// Bursts and rests: keeps the time that a device is busy to a share of all time, whatever computes on it. Rests are owed and paid back
// in pauses long enough for the platform's timers, and a timer that oversleeps is counted, so that the share holds over a minute.

/** Share of the time that may be busy, and the longest burst. */
export type Pace = { readonly share: number; readonly burstMs: number }

/** What a pacer asks and tells. */
export type PacerParts = {
  /** The pace in force, asked before and after every burst. */
  readonly pace: () => Pace
  /** Throws when nothing may be begun any more, e.g. when the consent has ended. */
  readonly check: () => void
  /** Resolves when a burst may begin; waits while the owner's rules pause the work. */
  readonly ready: () => Promise<void>
  /** Milliseconds, monotonic. */
  readonly now: () => number
  /** Waits without computing. */
  readonly pause: (delayMs: number) => Promise<void>
  /** Told the speed of bursts whose work is comparable. */
  readonly onBurst?: (work: string, operations: number, elapsedMs: number) => void
}

/** Shortest rest: browsers' nested timers do not wait less. */
export const MIN_REST_MS = 4

/** Most that an overslept rest may be made good for by working on, so that a sleep of the device ends in no long burst. */
export const MAX_CREDIT_MS = 100

/** A thread that computes must hear at least this often, or nobody could stop it. */
const HEAR_MS = 60

/** One for each device: whatever uses the device shares its rests. */
export class Pacer {
  readonly #parts: PacerParts
  #busyMs = 0
  #owedMs = 0
  #unheardMs = 0

  constructor(parts: PacerParts) {
    this.#parts = parts
  }

  /** Time that the device was busy since it was opened. */
  get busyMs(): number {
    return this.#busyMs
  }

  /** Longest burst now, in milliseconds. */
  get burstMs(): number {
    return this.#parts.pace().burstMs
  }

  now(): number {
    return this.#parts.now()
  }

  /** Throws when nothing may be begun any more. */
  check(): void {
    this.#parts.check()
  }

  /** Runs one burst when it may begin, then rests for it. */
  async burst<T>(run: () => Promise<T>, work: string, operations: number): Promise<{ result: T; elapsedMs: number }> {
    await this.#parts.ready()
    this.check()
    const startMs = this.now()
    const result = await run()
    const elapsedMs = this.now() - startMs
    this.#parts.onBurst?.(work, operations, elapsedMs)
    await this.rest(elapsedMs)
    return { result, elapsedMs }
  }

  /** Counts a burst of `elapsedMs` and rests for it; then waits until the next may begin. */
  async rest(elapsedMs: number): Promise<void> {
    const { share } = this.#parts.pace()
    this.#busyMs += elapsedMs
    this.#unheardMs += elapsedMs
    this.#owedMs += (elapsedMs * (1 - share)) / share
    const isDue = this.#owedMs >= MIN_REST_MS
    if (!isDue && this.#unheardMs < HEAR_MS) return
    const startMs = this.now()
    await this.#parts.pause(isDue ? this.#owedMs : 0)
    this.#unheardMs = 0
    this.#owedMs = Math.max(-MAX_CREDIT_MS, this.#owedMs - (this.now() - startMs))
  }

  /** Resolves when a burst may begin. */
  ready(): Promise<void> {
    return this.#parts.ready()
  }
}
