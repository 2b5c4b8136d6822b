// When what a person agreed to ends, and when they should hear of it.
import type { Clock } from '#core/clock.ts'

/** How long before the end it is told: long enough to come back to the page, short enough to be news. */
export const LAPSE_LEAD_MS = 60 * 60_000

/** Longest timer of the platforms: 2^31 - 1 ms. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** What ends: the consent to compute, or what a passkey vouched for. */
export type Lapse = { readonly of: 'consent' | 'passkey'; readonly atMs: number }

/** What ends first of a running contribution; null when nothing does. */
export function nextLapse(consentMs: number, delegatedUntilMs: number | null): Lapse | null {
  const consent: Lapse | null = consentMs > 0 ? { of: 'consent', atMs: consentMs } : null
  if (delegatedUntilMs === null || (consent !== null && consent.atMs <= delegatedUntilMs)) return consent
  return { of: 'passkey', atMs: delegatedUntilMs }
}

/** Whether `lapse` is near at `nowMs`, and not over. */
export function isNear({ atMs }: Lapse, nowMs: number): boolean {
  return nowMs < atMs && atMs - nowMs <= LAPSE_LEAD_MS
}

/** Calls `onNear` once when `lapse` comes near, at once where it is; returns what ends the watch. */
export function watchLapse(lapse: Lapse, clock: Clock, onNear: () => void): () => void {
  const dueMs = lapse.atMs - LAPSE_LEAD_MS
  let cancel = () => {}
  const arm = () => {
    const nowMs = clock.nowMs()
    if (isNear(lapse, nowMs)) onNear()
    // A clock that was asleep may wake too early, and a month is longer than a timer.
    else if (nowMs < lapse.atMs) cancel = clock.after(Math.min(Math.max(dueMs - nowMs, 0), MAX_TIMER_MS), arm)
  }
  arm()
  return () => cancel()
}
