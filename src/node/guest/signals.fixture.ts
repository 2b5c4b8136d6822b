// What a page tells that nothing holds back.
import type { GuestSignals } from './signals.ts'

/** Visible, on no battery, on a free link, without input, pressure or late frames. */
export const CALM: GuestSignals = {
  isVisible: true,
  battery: null,
  isDataSaved: false,
  isCellular: false,
  lastInputMs: 0,
  pressure: null,
  frames: null,
}
