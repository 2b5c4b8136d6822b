// The rest of the device comes first: half under serious pressure, nothing under critical and for a while after it. Pressure counts our
// own work too, and without the while a device would start and stop every second.
import { FREE, type Ruling, eased, paused } from './ruling.ts'
import type { GuestSignals } from './signals.ts'

/** Share that is left under serious pressure. */
export const SERIOUS_FACTOR = 0.5

/** How long the device rests after critical pressure. */
export const RELIEF_MS = 10_000

/** Eases off or pauses by what Compute Pressure says; `criticalMs` is when it last stopped saying critical, 0 before. */
export function pressureRuling(
  { pressure }: Pick<GuestSignals, 'pressure'>,
  criticalMs: number,
  nowMs: number,
): Ruling {
  if (pressure === 'critical') return paused({ code: 'overloaded' })
  const untilMs = criticalMs + RELIEF_MS
  if (criticalMs <= nowMs && nowMs < untilMs)
    return paused({ code: 'was-overloaded', seconds: RELIEF_MS / 1000 }, untilMs)
  return pressure === 'serious' ? eased(SERIOUS_FACTOR, { code: 'busy' }) : FREE
}
