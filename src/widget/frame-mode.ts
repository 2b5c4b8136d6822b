// What the box shows, from what is known. Pure, so that the order of the reasons can be read and tested.
import type { Offer } from './device-offer.ts'

/** `on` while a node starts, runs or stops; `asking` for consent; the others say why there is nothing to ask. */
export type FrameMode = 'on' | 'asking' | 'no-site' | 'phone' | 'less-data' | 'refused'

/** What decides. */
export type FrameFacts = {
  readonly isOn: boolean
  readonly site: string | null
  readonly offer: Offer
  readonly refusedUntilMs: number
  readonly nowMs: number
}

/** The box's mode: what runs can always be stopped, whatever else holds. */
export function modeOf({ isOn, site, offer, refusedUntilMs, nowMs }: FrameFacts): FrameMode {
  if (isOn) return 'on'
  if (site === null) return 'no-site'
  if (offer !== 'ask') return offer
  return refusedUntilMs > nowMs ? 'refused' : 'asking'
}
