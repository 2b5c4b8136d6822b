// What one rule of the good guest says at a moment. Rules are pure; decision.ts puts them together.
import type { EasingCause, PauseCause } from './cause.ts'

/** What a rule allows: a factor on the share (1 allows all, 0 pauses), why, and when it will say something else by itself. */
export type Ruling = {
  readonly factor: number
  /** Why the factor is 0. */
  readonly pause: PauseCause | null
  /** Why it is between 0 and 1. */
  readonly easing: EasingCause | null
  /** Unix time at which the rule has to be asked again even if nothing else happens. */
  readonly untilMs: number | null
}

/** Nothing stands against lending. */
export const FREE: Ruling = { factor: 1, pause: null, easing: null, untilMs: null }

/** A rule that pauses. */
export function paused(pause: PauseCause, untilMs: number | null = null): Ruling {
  return { factor: 0, pause, easing: null, untilMs }
}

/** A rule that slows down. */
export function eased(factor: number, easing: EasingCause, untilMs: number | null = null): Ruling {
  return { factor, pause: null, easing, untilMs }
}
