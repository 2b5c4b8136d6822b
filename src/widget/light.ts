// What the frame and embed.js need of the page's settings before consent, without the settings: those bring their schemas along. A test
// holds the two together.

/** Share of the device offered first, as on our own page. */
export const DEFAULT_SHARE = 0.5

/** Smallest share that can be chosen, as on our own page. */
export const MIN_SHARE = 0.05

/** Most of the credit that a site may get, in per cent, as a node signs it. */
export const MAX_SITE_PERCENT = 50

/** The part of Storage that a refusal needs. */
export type KeyStore = Pick<Storage, 'getItem' | 'setItem'>

/** The storage of the page that this runs in, or null where the browser denies it, as many do to frames. */
export function ownStore(): KeyStore | null {
  try {
    return globalThis.localStorage
  } catch {
    return null
  }
}
