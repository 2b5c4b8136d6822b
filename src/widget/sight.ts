// Whether a person can really see the consent: against pages that lay something over the frame, or make it see-through, to catch
// a click (IntersectionObserver v2). Where a browser cannot tell, it is taken as seen.

/** The consent must have been in plain sight this long before a click counts. */
export const SEEN_MS = 500

/** Least delay that trackVisibility allows. */
const DELAY_MS = 100

/** Tells `onChange` whether `element` has been in plain sight for {@link SEEN_MS}; returns its end. */
export function watchSight(element: Element, onChange: (isSeen: boolean) => void): () => void {
  if (typeof IntersectionObserver !== 'function' || !('isVisible' in IntersectionObserverEntry.prototype)) {
    onChange(true)
    return () => {}
  }
  let timer: ReturnType<typeof setTimeout> | undefined
  const observe = (entries: readonly IntersectionObserverEntry[]) => {
    clearTimeout(timer)
    const last = entries.at(-1) as (IntersectionObserverEntry & { isVisible: boolean }) | undefined
    if (last?.isVisible === true) timer = setTimeout(() => onChange(true), SEEN_MS)
    else onChange(false)
  }
  const options = { threshold: [0, 0.5, 1], trackVisibility: true, delay: DELAY_MS }
  const observer = new IntersectionObserver(observe, options)
  observer.observe(element)
  return () => {
    clearTimeout(timer)
    observer.disconnect()
  }
}
