// What becomes of a peer that breaks the rules: it is dropped at once and refused for a while, longer each time. A key costs nothing
// to mint, so this protects against faulty and lazy peers; floods are bounded by the limits of connections and streams.
import type { Clock } from '#core/clock.ts'
import type { PublicKey } from '#core/ed25519.ts'

/** Cool-down after the first violation; it doubles with each further one. */
export const COOL_DOWN_MS = 60_000

/** Longest cool-down: a peer whose software has been fixed is welcome again within the hour. */
export const MAX_COOL_DOWN_MS = 3_600_000

/** A violation is forgotten after a day without another. */
export const FORGET_MS = 86_400_000

/** Peers remembered; the oldest is forgotten first, so a flood of fresh keys cannot fill the memory. */
export const MAX_SCORED_PEERS = 10_000

/** A peer's record. */
export type PeerScore = { readonly violations: number; readonly untilMs: number; readonly lastError: Error }

/** Told of every peer that is dropped, and why. */
export type DropListener = (peer: PublicKey, score: PeerScore) => void

/** Violations by peer. */
export class PeerScores {
  readonly #clock: Clock
  readonly #scores = new Map<PublicKey, PeerScore>()
  readonly #listeners = new Set<DropListener>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Records a violation and tells the listeners, which drop the peer. */
  punish(peer: PublicKey, error: Error): PeerScore {
    const violations = (this.scoreOf(peer)?.violations ?? 0) + 1
    const coolDownMs = Math.min(COOL_DOWN_MS * 2 ** (violations - 1), MAX_COOL_DOWN_MS)
    const score = { violations, untilMs: this.#clock.nowMs() + coolDownMs, lastError: error }
    this.#scores.delete(peer)
    this.#scores.set(peer, score)
    const oldest = this.#scores.size > MAX_SCORED_PEERS ? this.#scores.keys().next() : undefined
    if (oldest?.done === false) this.#scores.delete(oldest.value)
    for (const listener of this.#listeners) listener(peer, score)
    return score
  }

  /** Whether `peer` is to be refused now. */
  isCooling(peer: PublicKey): boolean {
    const score = this.#scores.get(peer)
    return score !== undefined && this.#clock.nowMs() < score.untilMs
  }

  /** The record of `peer`, unless it is clean or long forgotten. */
  scoreOf(peer: PublicKey): PeerScore | undefined {
    const score = this.#scores.get(peer)
    return score !== undefined && this.#clock.nowMs() < score.untilMs + FORGET_MS ? score : undefined
  }

  /** Calls `listener` for each violation; returns its removal. */
  onDrop(listener: DropListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
