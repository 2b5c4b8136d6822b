// The day's strip, drawn coarser than it is kept: 1440 one-minute slots become 96 quarters of an hour that fit a phone. Pure.
import type { BeatSlot } from '#node/state.ts'

/** Minutes the strip covers. */
export const STRIP_SLOTS = 1440

/** Minutes in one cell. */
export const CELL_SLOTS = 15

const SLOT_MS = 60_000

/** A quarter of an hour on the strip. */
export type BeatCell = {
  /** First slot of the cell. */
  readonly slot: number
  /** The state most of its beats had; `none` when there was no beat. */
  readonly state: BeatSlot['state']
  /** Slots with a beat. */
  readonly beats: number
  /** Beats that another node countersigned. */
  readonly witnessed: number
}

/** Cells that end with the quarter that `nowMs` lies in. Beats outside the day are left out. */
export function beatCells(beats: readonly BeatSlot[], nowMs: number): BeatCell[] {
  const end = (Math.floor(nowMs / SLOT_MS / CELL_SLOTS) + 1) * CELL_SLOTS
  const first = end - STRIP_SLOTS
  const groups: BeatSlot[][] = Array.from({ length: STRIP_SLOTS / CELL_SLOTS }, () => [])
  for (const beat of beats) {
    if (beat.state !== 'none') groups[Math.floor((beat.slot - first) / CELL_SLOTS)]?.push(beat)
  }
  return groups.map((group, index) => ({
    slot: first + index * CELL_SLOTS,
    state: dominant(group),
    beats: group.length,
    witnessed: group.filter((beat) => beat.isWitnessed).length,
  }))
}

/** First millisecond of `slot`. */
export function slotStartMs(slot: number): number {
  return slot * SLOT_MS
}

function dominant(group: readonly BeatSlot[]): BeatSlot['state'] {
  const counts = new Map<BeatSlot['state'], number>()
  for (const { state } of group) counts.set(state, (counts.get(state) ?? 0) + 1)
  let best: BeatSlot['state'] = 'none'
  for (const [state, count] of counts) if (count > (counts.get(best) ?? 0)) best = state
  return best
}
