// Links that cost by the byte, and browsers that are told to save data.
import type { GuestRules } from '#core/guest-rules.ts'
import { FREE, type Ruling, paused } from './ruling.ts'
import type { GuestSignals } from './signals.ts'

/** Pauses on such a link unless it is allowed. */
export function meteredRuling(
  { isMeteredAllowed }: Pick<GuestRules, 'isMeteredAllowed'>,
  { isDataSaved, isCellular }: Pick<GuestSignals, 'isDataSaved' | 'isCellular'>,
): Ruling {
  if (isMeteredAllowed) return FREE
  if (isDataSaved) return paused({ code: 'data-saved' })
  if (isCellular) return paused({ code: 'mobile-link' })
  return FREE
}
