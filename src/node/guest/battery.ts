// Battery: by default nothing is taken from it.
import type { GuestRules } from '#core/guest-rules.ts'
import { FREE, type Ruling, paused } from './ruling.ts'
import type { GuestSignals } from './signals.ts'

/** Pauses on battery below the floor, or on any battery where there is none. A device that tells nothing counts as plugged in. */
export function batteryRuling(
  { batteryFloorPercent: floor }: Pick<GuestRules, 'batteryFloorPercent'>,
  { battery }: Pick<GuestSignals, 'battery'>,
): Ruling {
  if (battery === null || battery.isCharging) return FREE
  if (floor === null) return paused({ code: 'battery' })
  if (battery.percent >= floor) return FREE
  return paused({ code: 'battery-low', percent: battery.percent, floorPercent: floor })
}
