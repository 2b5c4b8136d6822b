// What a node has done and earned since it started, and how fast it was.
import type { LeaseOutcome } from './lease-run.ts'
import type { NodeState } from './state.ts'

/** Units over which the rate is taken: it follows the device without jumping at every unit. */
export const RATE_UNITS = 8

/** Counters of one contribution. */
export class Earnings {
  #unitsDone = 0
  #credited = 0n
  #balance = 0n
  #pending = 0n
  readonly #last: Pick<LeaseOutcome, 'operations' | 'busyMs'>[] = []

  /** Units that agreed. */
  get unitsDone(): number {
    return this.#unitsDone
  }

  /** What the account can spend and has pending as the coordinator says, in atto-credit. */
  setAccount(balance: string, pending: string): void {
    this.#balance = BigInt(balance)
    this.#pending = BigInt(pending)
  }

  /** Counts a finished lease. */
  add({ record, operations, busyMs }: LeaseOutcome): void {
    if (busyMs > 0) {
      this.#last.push({ operations, busyMs })
      this.#last.splice(0, this.#last.length - RATE_UNITS)
    }
    if (record.outcome !== 'agreed') return
    const credited = BigInt(record.credited ?? '0')
    this.#unitsDone++
    this.#credited += credited
    this.#pending += credited
  }

  /** The counters as they are shown. */
  get shown(): Pick<NodeState, 'rateMops' | 'unitsDone' | 'creditedSession' | 'balance' | 'pending'> {
    const busyMs = this.#last.reduce((sum, unit) => sum + unit.busyMs, 0)
    const operations = this.#last.reduce((sum, unit) => sum + unit.operations, 0n)
    return {
      rateMops: busyMs === 0 ? 0 : Math.round(Number(operations) / busyMs / 1000),
      unitsDone: this.#unitsDone,
      creditedSession: String(this.#credited),
      balance: String(this.#balance),
      pending: String(this.#pending),
    }
  }
}
