// A tab that nobody sees: people forget what they do not see, so it rests unless it was asked to go on.
import type { GuestRules } from '#core/guest-rules.ts'
import { FREE, type Ruling, paused } from './ruling.ts'
import type { GuestSignals } from './signals.ts'

/** Pauses in a hidden tab unless it is allowed. */
export function hiddenRuling(
  { isHiddenAllowed }: Pick<GuestRules, 'isHiddenAllowed'>,
  { isVisible }: Pick<GuestSignals, 'isVisible'>,
): Ruling {
  return isVisible || isHiddenAllowed ? FREE : paused({ code: 'hidden' })
}
