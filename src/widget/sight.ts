// Whether a person can really see the consent: against pages that lay something over the frame, or make it see-through, to catch
// a click (IntersectionObserver v2). Where a browser cannot tell, it is taken as seen.

/** The consent must have been in plain sight this long before a click counts. */
export const SEEN_MS = 500

/** Least delay that trackVisibility allows. */
const DELAY_MS = 100

/** Watches whether `element` is in plain sight. */
export type Sight = {
  /** Whether a click now may count. */
  isSeen(): boolean
  close(): void
}

/** Begins to watch `element`. */
export function watchSight(element: Element, now: () => number = () => performance.now()): Sight {
  if (typeof IntersectionObserver !== 'function' || !('isVisible' in IntersectionObserverEntry.prototype))
    return { isSeen: () => true, close: () => {} }
  let seenSinceMs: number | null = null
  const observer = new IntersectionObserver(
    (entries) => {
      const isVisible = (entries.at(-1) as (IntersectionObserverEntry & { isVisible: boolean }) | undefined)?.isVisible
      if (isVisible !== true) seenSinceMs = null
      else seenSinceMs ??= now()
    },
    { threshold: [0, 0.5, 1], trackVisibility: true, delay: DELAY_MS } as IntersectionObserverInit,
  )
  observer.observe(element)
  return {
    isSeen: () => seenSinceMs !== null && now() - seenSinceMs >= SEEN_MS,
    close: () => observer.disconnect(),
  }
}
