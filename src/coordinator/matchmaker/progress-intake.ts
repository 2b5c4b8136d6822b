// What one replica says of its result while it computes it, as it comes in: bounded, paced, signed, and in one piece.
import type { Clock } from '#core/clock.ts'
import { AppError } from '#core/errors.ts'
import { MAX_PROGRESS_BURST, PROGRESS_MS } from '#net/protocols/lease/constants.ts'
import type { Authority } from '#verify/commit.ts'
import { ClaimedProgress, type SignedProgress } from '#verify/progress.ts'
import type { Lease } from '#work/lease.ts'

/** Progress of one lease; `maxBytes` is what the kind says of the unit. */
export class ProgressIntake {
  readonly claimed: ClaimedProgress
  readonly #clock: Clock
  #pieces = MAX_PROGRESS_BURST
  #atMs: number

  constructor(lease: Lease, { authority, maxBytes, clock }: { authority: Authority; maxBytes: number; clock: Clock }) {
    this.claimed = new ClaimedProgress(lease, authority, maxBytes)
    this.#clock = clock
    this.#atMs = clock.nowMs()
  }

  /** Takes the next piece. Throws {@link ProgressFloodError} before its signature is looked at, {@link BadProgressError}. */
  take(progress: SignedProgress): void {
    const nowMs = this.#clock.nowMs()
    const earned = Math.max(0, nowMs - this.#atMs) / PROGRESS_MS
    this.#pieces = Math.min(MAX_PROGRESS_BURST, this.#pieces + earned) - 1
    this.#atMs = nowMs
    if (this.#pieces < 0) throw new ProgressFloodError()
    const verdict = this.claimed.take(progress)
    if (!verdict.ok) throw new BadProgressError(verdict.reason)
  }
}

/** A node says more pieces of progress than it may. */
export class ProgressFloodError extends AppError {
  override readonly name = 'coordinator.ProgressFlood'
  constructor() {
    super('hostile', `The node said more than ${MAX_PROGRESS_BURST} pieces of progress at once.`)
  }
}

/** A node's progress does not hold. */
export class BadProgressError extends AppError {
  override readonly name = 'coordinator.BadProgress'
  constructor(reason: string) {
    super('hostile', reason)
  }
}
