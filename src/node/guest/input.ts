// A person who uses the page gets it back at once. Browsers tell a page of input on itself only.
import { FREE, type Ruling, eased } from './ruling.ts'
import type { GuestSignals } from './signals.ts'

/** How long after an input the worker holds back. */
export const INPUT_BACK_OFF_MS = 30_000

/** Share that is left meanwhile. */
export const INPUT_FACTOR = 0.25

/** Eases off for {@link INPUT_BACK_OFF_MS} after an input. An input in the future (a clock that was set back) is none. */
export function inputRuling({ lastInputMs }: Pick<GuestSignals, 'lastInputMs'>, nowMs: number): Ruling {
  const untilMs = lastInputMs + INPUT_BACK_OFF_MS
  if (lastInputMs === 0 || lastInputMs > nowMs || nowMs >= untilMs) return FREE
  return eased(INPUT_FACTOR, { code: 'input', seconds: INPUT_BACK_OFF_MS / 1000 }, untilMs)
}
