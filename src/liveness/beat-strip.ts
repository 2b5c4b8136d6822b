// The strip of beats that the page shows: one cell a slot, from the beats that are at hand. Pure, and blind to signatures.
import type { BeatState } from './beat.ts'
import { SLOTS_PER_DAY } from './slot.ts'

/** A beat as the strip needs it. */
export type StripBeat = {
  readonly slot: number
  readonly sequence: number
  readonly state: BeatState
  /** Peers that countersigned it. */
  readonly witnesses: number
}

/** A slot: the state of its last beat, or `silent`. */
export type StripCell = { readonly state: BeatState | 'silent'; readonly witnesses: number }

const SILENT: StripCell = { state: 'silent', witnesses: 0 }

/** The cells of `slots` slots beginning with `firstSlot`. In a slot the beat with the highest sequence counts; beats outside are left out. */
export function beatStrip(beats: Iterable<StripBeat>, firstSlot: number, slots = SLOTS_PER_DAY): StripCell[] {
  const last: (StripBeat | undefined)[] = Array.from({ length: slots })
  for (const beat of beats) {
    const index = beat.slot - firstSlot
    if (!Number.isSafeInteger(index) || index < 0 || index >= slots) continue
    const known = last[index]
    if (known === undefined || beat.sequence > known.sequence) last[index] = beat
  }
  return last.map((beat) => (beat === undefined ? SILENT : { state: beat.state, witnesses: beat.witnesses }))
}
