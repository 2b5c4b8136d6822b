// When a node beats: once a slot, at an offset that its key fixes, so that the beats of many nodes spread over the minute.
import type { Clock } from '#core/clock.ts'
import { digestOf } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { SLOT_MS, slotOf, slotStartMs } from './slot.ts'

/** Beats keep this far from both ends of the slot: skewed clocks then still agree on the slot, give or take one. */
export const SLOT_MARGIN_MS = 5_000

/** Where in each slot `node` beats, in milliseconds from the slot's start. */
export function beatOffsetMs(node: PublicKey): number {
  const spread = Number.parseInt(digestOf('beat-offset', node).slice(0, 8), 16) / 2 ** 32
  return SLOT_MARGIN_MS + Math.floor(spread * (SLOT_MS - 2 * SLOT_MARGIN_MS))
}

/** The slot to beat for next, and when. `lastSlot` is the last slot beaten for; its successors are due in order, missed ones are skipped. */
export function nextBeat(nowMs: number, offsetMs: number, lastSlot?: number): { slot: number; dueMs: number } {
  const current = slotOf(nowMs)
  const isOpen = nowMs <= slotStartMs(current) + offsetMs
  const earliest = isOpen ? current : current + 1
  const slot = lastSlot === undefined ? earliest : Math.max(earliest, lastSlot + 1)
  return { slot, dueMs: slotStartMs(slot) + offsetMs }
}

/** Calls `beat` once in every slot from now on, until the returned function is called. A late timer beats for the slot it wakes in. */
export function scheduleBeats(clock: Clock, node: PublicKey, beat: (slot: number) => void): () => void {
  const offsetMs = beatOffsetMs(node)
  let lastSlot: number | undefined
  let cancel = () => {}
  const arm = () => {
    const nowMs = clock.nowMs()
    cancel = clock.after(Math.max(0, nextBeat(nowMs, offsetMs, lastSlot).dueMs - nowMs), wake)
  }
  const wake = () => {
    const slot = slotOf(clock.nowMs())
    const isNew = lastSlot === undefined || slot > lastSlot
    if (isNew) lastSlot = slot
    arm()
    if (isNew) beat(slot)
  }
  arm()
  return () => cancel()
}
