// A visitor's no, kept for thirty days in the frame's own storage, which browsers keep apart for each site: it is a no to this site. Where a
// browser allows a frame no storage, embed.js keeps it in the site's, in the same form.
import type { KeyStore } from './light.ts'

/** How long a no holds. */
export const REFUSAL_MS = 30 * 24 * 60 * 60 * 1000

const KEY = 'commonwatt/widget-refusal/v1'
/** More digits than a time has: longer text is none of ours. */
const MAX_LENGTH = 16

/** Until when the visitor is not asked, as Unix time; 0 where nothing holds at `nowMs`. */
export function refusedUntilMs(store: KeyStore | null, nowMs: number): number {
  return parseRefusal(read(store), nowMs)
}

/** The end of a refusal written as `text`; 0 of anything else, and where it does not hold at `nowMs`. */
export function parseRefusal(text: string | null, nowMs: number): number {
  if (text === null || text.length > MAX_LENGTH || !/^\d+$/.test(text)) return 0
  const untilMs = Number(text)
  // A time further off than a refusal lasts comes from a clock that was wrong.
  return untilMs > nowMs && untilMs <= nowMs + REFUSAL_MS ? untilMs : 0
}

/** Keeps a no given at `nowMs`; returns until when. Where storage is denied it lasts as long as the page. */
export function keepRefusal(store: KeyStore | null, nowMs: number): number {
  const untilMs = nowMs + REFUSAL_MS
  write(store, String(untilMs))
  return untilMs
}

/** The visitor changed their mind. */
export function dropRefusal(store: KeyStore | null): void {
  write(store, '0')
}

function read(store: KeyStore | null): string | null {
  try {
    return store?.getItem(KEY) ?? null
  } catch {
    return null
  }
}

function write(store: KeyStore | null, text: string): void {
  try {
    store?.setItem(KEY, text)
  } catch {
    // Denied or full.
  }
}
