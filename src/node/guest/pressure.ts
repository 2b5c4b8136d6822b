// The rest of the device comes first: half under serious pressure, nothing under critical.
import { FREE, type Ruling, eased, paused } from './ruling.ts'
import type { GuestSignals } from './signals.ts'

/** Share that is left under serious pressure. */
export const SERIOUS_FACTOR = 0.5

/** Eases off or pauses by what Compute Pressure says. */
export function pressureRuling({ pressure }: Pick<GuestSignals, 'pressure'>): Ruling {
  if (pressure === 'critical') return paused('your device is overloaded', 'it goes on when the load falls')
  return pressure === 'serious' ? eased(SERIOUS_FACTOR, 'your device is busy with other things') : FREE
}
