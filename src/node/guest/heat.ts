// Heat, seen by its only sign in a browser: the same work takes longer than it did. Another program on the device looks alike, and the
// answer is the same.
import { FREE, type Ruling, eased } from './ruling.ts'

/** A burst of work: `work` names what is comparable, `operations` how much of it. */
export type Burst = { readonly work: string; readonly operations: number; readonly elapsedMs: number }

/** Rates are compared over windows of this length. */
export const HEAT_WINDOW_MS = 10_000

/** A window that computed less than this tells nothing. */
export const MIN_BUSY_MS = 50

/** A rate below this part of the best one is a fall. */
export const FALLEN = 0.75

/** Windows in a row that have to show it. */
export const FALLEN_WINDOWS = 2

/** How long the device then cools down, and what is left of the share. */
export const COOLING_MS = 60_000
export const HEAT_FACTOR = 0.5

/** Shapes of work that are remembered, so that a requester's many shapes do not grow the page. */
export const MAX_WORKS = 8

/** A best rate that is not reached any more is forgotten bit by bit, or one lucky window would hold a device back for ever. */
const FORGETTING = 0.9

type Record = { operations: number; busyMs: number; startMs: number; bestRate: number; fallen: number }

/** Watches the rate of bursts. */
export class HeatWatch {
  readonly #works = new Map<string, Record>()
  #coolUntilMs = 0

  note({ work, operations, elapsedMs }: Burst, nowMs: number): void {
    const record = this.#recordOf(work, nowMs)
    record.operations += operations
    record.busyMs += elapsedMs
    if (nowMs - record.startMs < HEAT_WINDOW_MS) return
    if (record.busyMs >= MIN_BUSY_MS) this.#compare(record, nowMs)
    Object.assign(record, { operations: 0, busyMs: 0, startMs: nowMs })
  }

  ruling(nowMs: number): Ruling {
    return nowMs < this.#coolUntilMs ? eased(HEAT_FACTOR, { code: 'hot' }, this.#coolUntilMs) : FREE
  }

  #compare(record: Record, nowMs: number): void {
    const rate = record.operations / record.busyMs
    record.fallen = rate < record.bestRate * FALLEN ? record.fallen + 1 : 0
    record.bestRate = Math.max(record.bestRate, rate)
    if (record.fallen < FALLEN_WINDOWS) return
    record.fallen = 0
    record.bestRate *= FORGETTING
    this.#coolUntilMs = nowMs + COOLING_MS
  }

  #recordOf(work: string, nowMs: number): Record {
    const known = this.#works.get(work)
    if (known !== undefined) return known
    const [oldest] = this.#works.keys()
    if (oldest !== undefined && this.#works.size >= MAX_WORKS) this.#works.delete(oldest)
    const record = { operations: 0, busyMs: 0, startMs: nowMs, bestRate: 0, fallen: 0 }
    this.#works.set(work, record)
    return record
  }
}
