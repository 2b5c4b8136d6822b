// Slots: the minutes since the Unix epoch, in which a live node beats once and whenever its state changes.

/** Length of a slot. */
export const SLOT_MS = 60_000

/** Slots in a day. */
export const SLOTS_PER_DAY = 1440

/** A beat may be this many slots off the verifier's clock, either way: one covers skew and delivery. */
export const SLOT_TOLERANCE = 1

/** The slot that `nowMs` lies in. */
export function slotOf(nowMs: number): number {
  return Math.floor(nowMs / SLOT_MS)
}

/** First millisecond of `slot`. */
export function slotStartMs(slot: number): number {
  return slot * SLOT_MS
}
