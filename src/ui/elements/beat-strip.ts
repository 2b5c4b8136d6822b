// The day's strip of beats: a minute each, drawn by the quarter of an hour. Height says the state, a line beneath who else saw it.
import { msg, str, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, css, html, svg } from 'lit'
import type { BeatSlot } from '#node/state.ts'
import { type BeatCell, STRIP_SLOTS, beatCells, slotStartMs } from '#ui/beat-cells.ts'
import { formatClock, formatCount, formatMinutes } from '#ui/format.ts'
import { baseStyles } from '#ui/shared-styles.ts'

const HEIGHT = 48
const FLOOR = 38
const LABEL_HOURS = [24, 18, 12, 6] as const
const HEIGHTS: Readonly<Record<BeatSlot['state'], number>> = { working: 36, idle: 22, paused: 11, stopped: 4, none: 0 }

/** `<cw-beats .beats=… .nowMs=…>`. */
export class BeatStrip extends LitElement {
  static override properties = { beats: { attribute: false }, nowMs: { attribute: false } }
  static override styles = [
    baseStyles,
    css`
      svg {
        display: block;
        width: 100%;
        margin-top: 12px;
      }
      .ground {
        stroke: var(--edge);
      }
      .working,
      .idle {
        fill: var(--filament);
      }
      .paused,
      .stopped {
        fill: var(--muted);
      }
      .witnessed {
        fill: var(--agreed);
      }
      .hours {
        display: flex;
        justify-content: space-between;
        margin-top: 4px;
        font-size: var(--size-note);
        color: var(--muted);
      }
      .summary {
        margin-top: 8px;
      }
      .legend {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 20px;
        margin-top: 4px;
      }
      .legend li {
        display: inline-flex;
        align-items: center;
        gap: 8px;
      }
      .legend svg {
        width: 8px;
        margin: 0;
      }
    `,
  ]

  declare beats: readonly BeatSlot[]
  declare nowMs: number

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.beats = []
    this.nowMs = 0
  }

  override render() {
    const cells = beatCells(this.beats, this.nowMs)
    const hours = LABEL_HOURS.map((hour) => formatClock(this.nowMs - hour * 3_600_000))
    return html`<h2 id="title">${msg('Online, the last 24 hours')}</h2>
      <svg height=${HEIGHT} role="img" aria-labelledby="title summary">
        <line class="ground" x1="0" x2="100%" y1=${FLOOR + 0.5} y2=${FLOOR + 0.5} />
        ${cells.map((cell, index) => bar(cell, index, cells.length))}
      </svg>
      <div class="hours figure" aria-hidden="true">
        ${hours.map((hour) => html`<span>${hour}</span>`)}<span>${msg('now')}</span>
      </div>
      <p class="summary" id="summary">${summary(this.beats, this.nowMs)}</p>
      <ul class="legend note">
        <li>${key('working', 12)} ${msg('working')}</li>
        <li>${key('idle', 8)} ${msg('waiting')}</li>
        <li>${key('paused', 4)} ${msg('paused')}</li>
        <li>${key('witnessed', 3)} ${msg('seen by another node')}</li>
      </ul>`
  }
}

function bar(cell: BeatCell, index: number, count: number) {
  const x = `${(index * 100) / count}%`
  const width = `${78 / count}%`
  const height = HEIGHTS[cell.state]
  if (cell.state === 'none') return svg``
  const seen = Math.ceil((cell.witnessed / Math.max(1, cell.beats)) * 6)
  return svg`<g>
    <title>${cellWords(cell)}</title>
    <rect class=${cell.state} x=${x} width=${width} y=${FLOOR - height} height=${height} />
    <rect class="witnessed" x=${x} width=${width} y=${FLOOR + 3} height=${seen} />
  </g>`
}

function cellWords(cell: BeatCell): string {
  const time = formatClock(slotStartMs(cell.slot))
  const state = stateWords(cell.state)
  return msg(str`${time}: ${state}; beats: ${cell.beats}, seen by another node: ${cell.witnessed}`)
}

function stateWords(state: BeatSlot['state']): string {
  switch (state) {
    case 'working':
      return msg('working')
    case 'idle':
      return msg('on, waiting')
    case 'paused':
      return msg('paused')
    case 'stopped':
      return msg('stopped')
    case 'none':
      return msg('no beats')
  }
}

function key(kind: string, height: number) {
  return html`<svg height="12" aria-hidden="true">
    ${svg`<rect class=${kind} width="8" y=${12 - height} height=${height} />`}
  </svg>`
}

/** The strip in a sentence, for those who do not see it. */
export function summary(beats: readonly BeatSlot[], nowMs: number): string {
  const first = Math.floor(nowMs / 60_000) - STRIP_SLOTS
  const day = beats.filter((beat) => beat.slot > first && (beat.state === 'working' || beat.state === 'idle'))
  if (day.length === 0 && beats.some((beat) => beat.state !== 'none')) return msg('On for less than a minute.')
  if (day.length === 0)
    return msg('No beats yet. Once a minute your node signs that it is there, and another node confirms it.')
  const witnessed = day.filter((beat) => beat.isWitnessed).length
  const [seen, all] = [formatCount(witnessed), formatCount(day.length)]
  return msg(str`On for ${formatMinutes(day.length)}; ${seen} of ${all} beats were seen by another node.`)
}

customElements.define('cw-beats', BeatStrip)

declare global {
  interface HTMLElementTagNameMap {
    'cw-beats': BeatStrip
  }
}
