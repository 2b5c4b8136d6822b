// Tells the coordinator, once it asks, what is certain of a result that is still computed: at once, then in pieces with pauses. Whatever
// happens to it, the lease goes on: what counts is the commitment.
import type { Clock } from '#core/clock.ts'
import { concat } from '#core/bytes.ts'
import type { Signer } from '#core/ed25519.ts'
import type { SigningContext } from '#core/signed.ts'
import { Transcript } from '#core/transcript.ts'
import { PROGRESS_MS } from '#net/protocols/lease/constants.ts'
import { delay } from '#net/wait.ts'
import { MAX_PROGRESS_BYTES, type SignedProgress, signProgress } from '#verify/progress.ts'
import type { Lease } from '#work/lease.ts'

/** What a teller is made of; `say` sends one message. */
export type ProgressTellerParts = {
  readonly lease: Lease
  readonly signer: Signer
  readonly clock: Clock
  readonly signing: () => SigningContext
  readonly say: (progress: SignedProgress) => Promise<void>
  readonly signal: AbortSignal
}

/** One lease's progress. */
export class ProgressTeller {
  readonly #parts: ProgressTellerParts
  readonly #said = new Transcript()
  #waiting: Uint8Array[] = []
  #isAsked = false
  #isTelling = false

  constructor(parts: ProgressTellerParts) {
    this.#parts = parts
  }

  /** Goes on by `bytes`. */
  add(bytes: Uint8Array): void {
    this.#waiting.push(bytes)
    this.#tell()
  }

  /** Somebody listens from now on. */
  start(): void {
    this.#isAsked = true
    this.#tell()
  }

  #tell(): void {
    if (!this.#isAsked || this.#isTelling) return
    this.#isTelling = true
    // Once it fails nothing more is told.
    this.#tellWaiting().catch(() => undefined)
  }

  async #tellWaiting(): Promise<void> {
    const { lease, signer, clock, signing, say, signal } = this.#parts
    while (this.#waiting.length > 0) {
      const all = concat(...this.#waiting)
      const bytes = all.subarray(0, MAX_PROGRESS_BYTES)
      this.#waiting = all.length > bytes.length ? [all.subarray(bytes.length)] : []
      const progress = await signProgress(signer, signing(), { lease, said: this.#said, bytes })
      this.#said.append(bytes)
      await say(progress)
      await delay(clock, PROGRESS_MS, signal)
    }
    this.#isTelling = false
  }
}
