// The one set of icons: drawn on 16 by 16 units with strokes of 2, in the colour of what is around them. What one means stands beside it in words.
import { type TemplateResult, html, nothing, svg } from 'lit'

const SHAPES = {
  tick: svg`<path d="M2 8.5 6.5 13 14 3.5" />`,
  cross: svg`<path d="m3 3 10 10M13 3 3 13" />`,
  dash: svg`<path d="M3 8h10" />`,
  back: svg`<path d="M2.5 8h11M7 3.5 2.5 8 7 12.5" />`,
  lock: svg`<path d="M2.5 7.5h11v6.5h-11zM5 7V4.8a3 3 0 0 1 6 0V7" />`,
  equals: svg`<path d="M1.5 6h13M1.5 10h13" />`,
  dot: svg`<circle fill="currentColor" stroke="none" cx="8" cy="8" r="5.5" />`,
  ring: svg`<circle cx="8" cy="8" r="6" />`,
  dashes: svg`<circle stroke-dasharray="4 3" cx="8" cy="8" r="6" />`,
  half: svg`<circle cx="8" cy="8" r="6" /><path fill="currentColor" stroke="none" d="M2.5 8h11a5.5 5.5 0 0 1-11 0z" />`,
  pause: svg`<path fill="currentColor" stroke="none" d="M3 2h4v12H3zM9 2h4v12H9z" />`,
  eye: svg`<path d="M1 6c3.5 5 10.5 5 14 0M8 9.8v3M3.6 8.4 2 11M12.4 8.4 14 11" />`,
  unlinked: svg`<circle cx="8" cy="8" r="6" /><path d="m2 14 12-12" />`,
  warning: svg`<path fill="currentColor" stroke="none" d="M8 1 16 15H0zM7 6v4h2V6zm0 5v2h2v-2z" fill-rule="evenodd" />`,
} as const

/** The name of an icon. */
export type IconName = keyof typeof SHAPES

/** `classes` give size and colour; a `label` is read aloud where no words say the same; `behind` is drawn beneath. */
type IconOptions = { readonly classes?: string; readonly label?: string; readonly behind?: TemplateResult | null }

/** The icon `name`. */
export function icon(name: IconName, { classes = '', label, behind = null }: IconOptions = {}): TemplateResult {
  return html`<svg
    class=${classes}
    viewBox="0 0 16 16"
    fill="none"
    stroke="currentColor"
    stroke-width="2"
    role=${label === undefined ? nothing : 'img'}
    aria-label=${label ?? nothing}
    aria-hidden=${label === undefined ? 'true' : nothing}
  >
    ${behind}${SHAPES[name]}
  </svg>`
}
