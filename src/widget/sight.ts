// Whether a person can really see the consent: against pages that lay something over the frame, make it see-through, or cut it down to
// its button, to catch a click (IntersectionObserver v2).
import type { Sight } from './consent-gate.ts'

/** The consent must have been in plain sight this long before a click counts. */
export const SEEN_MS = 500

/** Least delay that trackVisibility allows. */
const DELAY_MS = 100

/** All of the consent but rounding: what the terms say has to be readable, not the button alone. */
const WHOLE = 0.99

/** Tells `onChange` whether all of `element` has been in plain sight for {@link SEEN_MS}; returns its end. */
export function watchSight(element: Element, onChange: (sight: Sight) => void): () => void {
  if (typeof IntersectionObserver !== 'function' || !('isVisible' in IntersectionObserverEntry.prototype)) {
    onChange('unknown')
    return () => {}
  }
  let timer: ReturnType<typeof setTimeout> | undefined
  const observe = (entries: readonly IntersectionObserverEntry[]) => {
    clearTimeout(timer)
    const last = entries.at(-1) as (IntersectionObserverEntry & { isVisible: boolean }) | undefined
    const isWhole = last?.isVisible === true && last.intersectionRatio >= WHOLE
    if (isWhole) timer = setTimeout(() => onChange('seen'), SEEN_MS)
    else onChange('unseen')
  }
  const options = { threshold: [0, 0.5, WHOLE, 1], trackVisibility: true, delay: DELAY_MS }
  const observer = new IntersectionObserver(observe, options)
  observer.observe(element)
  return () => {
    clearTimeout(timer)
    observer.disconnect()
  }
}
