// The look's colours as a canvas takes them: the page's own properties may be light-dark(), which a canvas does not understand.

/** The colours `names` where `place` is now. */
export function canvasColours<Name extends string>(place: Element, names: readonly Name[]): Record<Name, string> {
  const probe = document.createElement('span')
  place.after(probe)
  const colours = names.map((name) => {
    probe.style.color = `var(--${name})`
    return [name, getComputedStyle(probe).color] as const
  })
  probe.remove()
  return Object.fromEntries(colours) as Record<Name, string>
}
