// The leases a node holds: takes or declines offers, hands units back when the person pauses or stops, and tells what came of each.
import { partSpan } from '#core/content.ts'
import { AppError } from '#core/errors.ts'
import type { NodeLease, Offer } from '#net/protocols/lease/handler.ts'
import { signDecline } from '#verify/decline.ts'
import { type Lease, leaseId } from '#work/lease.ts'
import type { Unit } from '#work/unit.ts'
import { modelRefusal } from './model-limit.ts'
import { type LeaseOutcome, type LeaseParts, type Settled, offerProblem, runLease } from './lease-run.ts'
import type { UnitRecord } from './state.ts'

/** Leases held at a time: one is computed while others wait for their peers. */
export const MAX_LEASES = 4

/** Bytes of inputs held for all leases together: with their copies as rows they stay within what a node may use. One unit alone may need more. */
export const MAX_HELD_INPUT_BYTES = 96 * 2 ** 20

/** What leases need besides a lease's own parts. */
export type LeasesParts = Omit<LeaseParts, 'report'> & {
  /** Why offers are declined now; undefined while they are welcome. */
  readonly refusal: () => string | undefined
  /** Most bytes of a model file. */
  readonly maxModelBytes: number
  readonly onRecord: (id: string, record: UnitRecord) => void
  readonly onOutcome: (outcome: LeaseOutcome) => void
  /** Told of a lease that was settled. */
  readonly onSettled: (lease: Lease, settled: Settled) => void
  /** Told when the number of leases changes. */
  readonly onCount: () => void
}

type Held = {
  isComputing: boolean
  readonly inputBytes: number
  readonly end: AbortController
  readonly done: Promise<void>
}

/** Leases of one node. */
export class Leases {
  readonly #parts: LeasesParts
  readonly #held = new Map<string, Held>()

  constructor(parts: LeasesParts) {
    this.#parts = parts
  }

  get count(): number {
    return this.#held.size
  }

  /** Serves one lease stream from its offer to its end. */
  async serve(offer: Offer, stream: NodeLease): Promise<void> {
    const reason = this.#refusal(offer)
    if (reason !== undefined) {
      const { signer, signing } = this.#parts
      await stream.say({ say: 'decline', decline: await signDecline(signer, signing(), offer.lease, reason) })
      return
    }
    const id = leaseId(offer.lease)
    const end = new AbortController()
    const running = this.#run(id, offer, stream, end.signal)
    this.#held.set(id, { isComputing: true, inputBytes: this.#inputBytes(offer.unit), end, done: running })
    this.#parts.onCount()
    try {
      await running
    } finally {
      this.#held.delete(id)
      this.#parts.onCount()
    }
  }

  /** Hands back what is still being computed; what is committed goes on, since others wait for its reveal. */
  handBackComputing(reason: string): void {
    for (const held of this.#held.values()) if (held.isComputing) held.end.abort(new HandedBackError(reason))
  }

  /** Hands everything back; resolves when the coordinator has been told, as far as it listens. */
  async handBackAll(reason: string): Promise<void> {
    for (const { end } of this.#held.values()) end.abort(new HandedBackError(reason))
    await Promise.allSettled([...this.#held.values()].map(({ done }) => done))
  }

  async #run(id: string, offer: Offer, stream: NodeLease, signal: AbortSignal): Promise<void> {
    const report = (record: UnitRecord) => {
      const held = this.#held.get(id)
      if (held !== undefined) held.isComputing = record.outcome === 'computing'
      this.#parts.onRecord(id, record)
    }
    const outcome = await runLease(offer, stream, { ...this.#parts, report }, signal)
    this.#parts.onOutcome(outcome)
    if (outcome.settled !== null) this.#parts.onSettled(offer.lease, outcome.settled)
  }

  #refusal(offer: Offer): string | undefined {
    const refusal = this.#parts.refusal()
    if (refusal !== undefined) return refusal
    if (this.#held.has(leaseId(offer.lease))) return 'the lease is held already'
    if (this.#held.size >= MAX_LEASES) return `the node holds ${MAX_LEASES} leases already`
    const problem = offerProblem(offer, this.#parts) ?? this.#modelProblem(offer.unit)
    if (problem !== undefined || this.#held.size === 0) return problem
    const heldBytes = [...this.#held.values()].reduce((sum, { inputBytes }) => sum + inputBytes, 0)
    const isTooMuch = heldBytes + this.#inputBytes(offer.unit) > MAX_HELD_INPUT_BYTES
    return isTooMuch ? `the node holds ${heldBytes} bytes of inputs already` : undefined
  }

  #modelProblem(unit: Unit): string | undefined {
    return modelRefusal(unit, this.#parts.findKind(unit), this.#parts.maxModelBytes)
  }

  #inputBytes(unit: Unit): number {
    let sum = 0
    for (const { input, parts } of this.#parts.findKind(unit).needs(unit)) {
      const layout = unit.inputs[input]?.layout
      if (layout !== undefined) for (const part of parts) sum += partSpan(layout, part).length
    }
    return sum
  }
}

/** The person paused or stopped the node while it had a unit. */
export class HandedBackError extends AppError {
  override readonly name = 'node.HandedBack'
  constructor(reason: string) {
    super('unavailable', reason)
  }
}
