// Which site the frame stands on, by the browser's word: never by a message or a parameter that the host could choose.

/** What of a window tells who embeds it. */
export type FrameSurroundings = {
  readonly isTop: boolean
  /** Origins of the ancestors, nearest first, where the browser tells (Chromium, Safari). */
  readonly ancestorOrigins: readonly string[]
  readonly referrer: string
}

/** Reads the surroundings off a window. */
export function surroundingsOf(window: Window): FrameSurroundings {
  const ancestors = window.location.ancestorOrigins as DOMStringList | undefined
  return {
    isTop: window.parent === window,
    ancestorOrigins: ancestors === undefined ? [] : Array.from(ancestors),
    referrer: window.document.referrer,
  }
}

/** The origin of the page that embeds the frame; null at the top, and where the browser will not say. */
export function hostSite({ isTop, ancestorOrigins, referrer }: FrameSurroundings): string | null {
  if (isTop) return null
  return webOrigin(ancestorOrigins[0] ?? referrer)
}

/** The origin of `address` where it is a page of the web, null of anything else. */
export function webOrigin(address: string): string | null {
  try {
    const { protocol, origin } = new URL(address)
    return protocol === 'https:' || protocol === 'http:' ? origin : null
  } catch {
    // "null" of an opaque origin, or an empty referrer.
    return null
  }
}
