// Credit by day as bars. What they show stands in the table below them too.
import { msg, str, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, css, html, svg } from 'lit'
import { formatCredits, formatDay } from '#ui/format.ts'
import { baseStyles } from '#ui/shared-styles.ts'
import type { DaySum } from './site-sums.ts'

const HEIGHT = 120
/** A day with something earned is never invisible. */
const LEAST = 2

/** `<cw-day-bars .days=…>`: oldest first. */
export class DayBars extends LitElement {
  static override properties = { days: { attribute: false } }
  static override styles = [
    baseStyles,
    css`
      svg {
        display: block;
        width: 100%;
        height: ${HEIGHT}px;
        border-bottom: 1px solid var(--edge);
      }
      rect {
        fill: var(--filament);
      }
      .ends {
        display: flex;
        justify-content: space-between;
        margin-top: 4px;
      }
    `,
  ]

  declare days: readonly DaySum[]

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.days = []
  }

  override render() {
    const { days } = this
    const most = days.reduce((top, { amount }) => (amount > top ? amount : top), 0n)
    const [first, last] = [days[0], days.at(-1)]
    if (first === undefined || last === undefined) return html``
    const label = msg(str`Credit by day, at most ${formatCredits(most.toString())} a day`)
    return html`<svg role="img" aria-label=${label} height=${HEIGHT}>
        ${days.map((day, at) => bar(day, at, days.length, most))}
      </svg>
      <p class="ends note figure">
        <span>${formatDay(first.atMs, true)}</span><span>${formatDay(last.atMs, true)}</span>
      </p>`
  }
}

function bar({ atMs, amount }: DaySum, at: number, count: number, most: bigint) {
  if (amount === 0n) return svg``
  // The ratio in thousandths: amounts are beyond what a number holds.
  const height = Math.max(LEAST, (Number((amount * 1000n) / most) * HEIGHT) / 1000)
  return svg`<g>
    <title>${formatDay(atMs, true)}: ${formatCredits(amount.toString())}</title>
    <rect x="${(at * 100) / count}%" width="${76 / count}%" y=${HEIGHT - height} height=${height} />
  </g>`
}

customElements.define('cw-day-bars', DayBars)

declare global {
  interface HTMLElementTagNameMap {
    'cw-day-bars': DayBars
  }
}
