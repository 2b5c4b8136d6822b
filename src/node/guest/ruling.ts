// What one rule of the good guest says at a moment. Rules are pure; decision.ts puts them together.

/** What a rule allows: a factor on the share (1 allows all, 0 pauses), why, and when it will say something else by itself. */
export type Ruling = {
  readonly factor: number
  /** A clause: "your device runs on battery". Empty when the factor is 1. */
  readonly says: string
  /** How it ends, as a clause: "it goes on when it is plugged in". Empty unless it pauses. */
  readonly goesOn: string
  /** Unix time at which the rule has to be asked again even if nothing else happens. */
  readonly untilMs: number | null
}

/** Nothing stands against lending. */
export const FREE: Ruling = { factor: 1, says: '', goesOn: '', untilMs: null }

/** A rule that pauses. */
export function paused(says: string, goesOn: string, untilMs: number | null = null): Ruling {
  return { factor: 0, says, goesOn, untilMs }
}

/** A rule that slows down. */
export function eased(factor: number, says: string, untilMs: number | null = null): Ruling {
  return { factor, says, goesOn: '', untilMs }
}
