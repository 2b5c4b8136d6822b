// Smooth frames while the page is visible: halves the share when more than two in sixty come late, and gives it back slowly. Whatever
// makes them late, computing less is the polite answer.
import { FREE, type Ruling, eased } from './ruling.ts'
import type { FrameCount } from './signals.ts'

/** Late frames that are forgiven: 58 of 60 must come in time. */
export const LATE_SHARE = 2 / 60

/** Fewer frames than this tell nothing. */
export const MIN_FRAMES = 20

/** The least that is left: below it a unit would outlive its lease. */
export const MIN_FRAME_FACTOR = 0.25

const HALVE = 0.5
const RECOVER = 1.25

/** Follows the frames of a page. */
export class FrameBudget {
  #factor = 1

  /** Takes in about a second of frames. */
  note({ shown, late }: FrameCount): void {
    if (shown < MIN_FRAMES) return
    const isLate = late > shown * LATE_SHARE
    this.#factor = isLate ? Math.max(MIN_FRAME_FACTOR, this.#factor * HALVE) : Math.min(1, this.#factor * RECOVER)
  }

  ruling(): Ruling {
    return this.#factor < 1 ? eased(this.#factor, { code: 'frames' }) : FREE
  }
}
