// Rate and credit over the last hour, day or month: two charts, each with a sentence, and a table of the same numbers. The library that
// draws is fetched when the charts come into view.
import { msg, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, type PropertyValues, css, html, unsafeCSS } from 'lit'
import plotStyles from 'uplot/dist/uPlot.min.css?inline'
import { formatCredits, formatNumber } from '#ui/format.ts'
import { language } from '#ui/languages/language.ts'
import { baseStyles } from '#ui/shared-styles.ts'
import { creditSentence, chartTable, rateSentence } from './chart-words.ts'
import { choiceStyles } from './choice-styles.ts'
import type { HistoryStore } from './history-store.ts'
import { HistoryWatch } from './history-watch.ts'
import { MINUTE_MS } from './kept.ts'
import type { Plot, PlotData, PlotLook } from './plot.ts'
import { type Scale, creditScale, drawnCredits, rateScale, timeWords } from './record-words.ts'
import { type Point, type Span, pointsOf, spanStartMs, timeMarks } from './series.ts'

const HEIGHT_PX = 208
const SPANS: readonly Span[] = ['hour', 'day', 'month']

type Chart = 'rate' | 'credit'
type OpenPlot = (target: HTMLElement, look: PlotLook, data: PlotData) => Plot

/** `<cw-charts .history=… .nowMs=…>`. */
export class ChartPanel extends LitElement {
  static override properties = {
    history: { attribute: false },
    nowMs: { attribute: false },
    span: { state: true },
    points: { state: true },
    pointed: { state: true },
  }
  static override styles = [
    baseStyles,
    choiceStyles,
    unsafeCSS(plotStyles),
    css`
      figure {
        margin-top: 20px;
      }
      h3 {
        font-size: var(--size-text);
        font-weight: 400;
      }
      .head {
        display: flex;
        flex-wrap: wrap;
        justify-content: space-between;
        gap: 0 16px;
        min-height: 1.5em;
      }
      .plot {
        height: ${HEIGHT_PX}px;
        margin-top: 4px;
        overflow: hidden;
      }
      .uplot {
        font-family: inherit;
      }
      .u-cursor-x {
        border-color: var(--edge);
      }
      .u-select {
        background: var(--filament);
        opacity: 0.2;
      }
      details {
        margin-top: 12px;
      }
      summary {
        min-height: 24px;
        cursor: pointer;
      }
      .scroll {
        max-height: 320px;
        margin-top: 8px;
        overflow: auto;
      }
      table {
        width: 100%;
        border-collapse: collapse;
        font-size: var(--size-note);
      }
      th,
      td {
        padding: 4px 16px 4px 0;
        border-bottom: 1px solid var(--line);
        text-align: start;
      }
    `,
  ]

  declare history: HistoryStore | null
  declare nowMs: number
  declare span: Span
  declare points: readonly Point[]
  /** The place under the pointer. */
  declare pointed: { readonly chart: Chart; readonly index: number } | null
  readonly #watch = new HistoryWatch(this, async (history) => {
    const { span, nowMs } = this
    const fromMs = spanStartMs(span, nowMs)
    const buckets = await (span === 'hour' ? history.minutes(fromMs) : history.quarters(fromMs))
    if (span === this.span) this.points = pointsOf(span, buckets, nowMs)
  })
  readonly #seen = new IntersectionObserver((entries) => {
    if (entries.some(({ isIntersecting }) => isIntersecting)) void this.#load()
  })
  readonly #sizes = new ResizeObserver(() => this.#resize())
  readonly #colours = matchMedia('(prefers-color-scheme: dark)')
  #openPlot: OpenPlot | undefined
  #plots: { readonly chart: Chart; readonly plot: Plot; readonly key: string }[] = []

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.history = null
    this.nowMs = 0
    this.span = 'day'
    this.points = []
    this.pointed = null
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#seen.observe(this)
    this.#sizes.observe(this)
    this.#colours.addEventListener('change', this.#redraw)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#seen.disconnect()
    this.#sizes.disconnect()
    this.#colours.removeEventListener('change', this.#redraw)
    this.#closePlots()
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('history')) this.#watch.follow(this.history)
    if (changed.has('span') && changed.get('span') !== undefined) this.#watch.again()
    // The last minute ends without a change of the history.
    const wasMs = changed.get('nowMs')
    if (wasMs !== undefined && Math.floor(wasMs / MINUTE_MS) !== Math.floor(this.nowMs / MINUTE_MS)) this.#watch.again()
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('points')) this.#draw()
  }

  override render() {
    const { points, span } = this
    return html`<h2 id="title">${msg('Over time')}</h2>
      <fieldset>
        <legend class="unseen">${msg('How far back')}</legend>
        ${SPANS.map(
          (each) =>
            html`<label
              ><input
                type="radio"
                name="span"
                .checked=${each === span}
                @change=${() => {
                  this.span = each
                }}
              />${spanWords(each)}</label
            >`,
        )}
      </fieldset>
      ${this.#figure('rate', msg('Rate while computing'), rateSentence(span, points))}
      ${this.#figure('credit', creditTitle(span), creditSentence(span, points))}
      <details>
        <summary data-testid="chart-table">${msg('The same as a table')}</summary>
        <div class="scroll" tabindex="0" role="region" aria-labelledby="title">${chartTable(span, points)}</div>
      </details>`
  }

  #figure(chart: Chart, title: string, sentence: string) {
    return html`<figure aria-label=${title}>
      <div class="head">
        <h3>${title}</h3>
        <span class="note figure" aria-hidden="true">${this.#pointWords(chart)}</span>
      </div>
      <div class="plot" data-chart=${chart} aria-hidden="true"></div>
      <figcaption class="note" data-testid="chart-${chart}">${sentence}</figcaption>
    </figure>`
  }

  #pointWords(chart: Chart): string {
    const { pointed } = this
    const point = pointed?.chart === chart ? this.points[pointed.index] : undefined
    if (point === undefined) return ''
    const time = timeWords(this.span, point.startMs)
    if (chart === 'credit') return `${time} · +${formatCredits(String(point.credited))}`
    if (point.rateMops === null) return `${time} · –`
    const { divisor, unit } = rateScale(point.rateMops)
    return `${time} · ${formatNumber(point.rateMops / divisor)} ${unit}`
  }

  async #load(): Promise<void> {
    this.#seen.disconnect()
    const { openPlot } = await import('./plot.ts')
    this.#openPlot = openPlot
    this.#draw()
  }

  #draw(): void {
    if (this.#openPlot === undefined || this.points.length === 0 || !this.isConnected) return
    for (const chart of ['rate', 'credit'] as const) this.#drawOne(chart, this.#openPlot)
  }

  /** New numbers in the plot that is there, or a new plot where its axes are others. */
  #drawOne(chart: Chart, open: OpenPlot): void {
    const target = this.renderRoot.querySelector<HTMLElement>(`[data-chart=${chart}]`)
    if (target === null) return
    const { scale, data } = chart === 'rate' ? rateData(this.points) : creditData(this.points)
    const key = `${this.span} ${scale.unit} ${language()}`
    const known = this.#plots.find((each) => each.chart === chart)
    if (known?.key === key) {
      known.plot.show(data)
      return
    }
    known?.plot.close()
    const plot = open(target, this.#look(chart, scale), data)
    this.#plots = [...this.#plots.filter((each) => each !== known), { chart, plot, key }]
  }

  #look(chart: Chart, scale: Scale): PlotLook {
    const { span } = this
    return {
      kind: chart === 'rate' ? 'line' : 'bars',
      heightPx: HEIGHT_PX,
      xLabel: span === 'month' ? msg('Day') : msg('Time of day'),
      yLabel: scale.unit,
      timeWords: (atMs) => timeWords(span, atMs),
      valueWords: (value) => formatNumber(value),
      marks: (times, most) => timeMarks(span, times, most),
      onPoint: (index) => {
        this.pointed = index === null ? null : { chart, index }
      },
    }
  }

  #resize(): void {
    const target = this.renderRoot.querySelector('.plot')
    if (target === null) return
    for (const { plot } of this.#plots) plot.resize(target.clientWidth)
  }

  readonly #redraw = (): void => {
    this.#closePlots()
    this.#draw()
  }

  #closePlots(): void {
    for (const { plot } of this.#plots) plot.close()
    this.#plots = []
  }
}

function spanWords(span: Span): string {
  if (span === 'hour') return msg('Last hour')
  return span === 'day' ? msg('Last 24 hours') : msg('Last 30 days')
}

function creditTitle(span: Span): string {
  if (span === 'hour') return msg('Credit by the minute')
  return span === 'day' ? msg('Credit by the quarter of an hour') : msg('Credit by the day')
}

function rateData(points: readonly Point[]): { scale: Scale; data: PlotData } {
  const scale = rateScale(Math.max(0, ...points.map(({ rateMops }) => rateMops ?? 0)))
  const values = points.map(({ rateMops }) => (rateMops === null ? null : rateMops / scale.divisor))
  return { scale, data: { times: points.map(({ startMs }) => startMs), values } }
}

function creditData(points: readonly Point[]): { scale: Scale; data: PlotData } {
  const credits = points.map(({ credited }) => drawnCredits(credited))
  const scale = creditScale(Math.max(0, ...credits))
  return {
    scale,
    data: { times: points.map(({ startMs }) => startMs), values: credits.map((value) => value / scale.divisor) },
  }
}

customElements.define('cw-charts', ChartPanel)

declare global {
  interface HTMLElementTagNameMap {
    'cw-charts': ChartPanel
  }
}
