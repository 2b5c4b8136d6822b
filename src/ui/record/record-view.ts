// What this device did and got, from what the browser keeps: credit by day and in total, a goal, charts, every unit, and what one may do with it.
import { msg, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, type PropertyValues, css, html, nothing } from 'lit'
import type { NodeState } from '#node/state.ts'
import { OFF_STATE } from '#ui/session.ts'
import { baseStyles } from '#ui/shared-styles.ts'
import { HistoryWatch } from './history-watch.ts'
import type { Totals } from './kept.ts'
import type { DeviceRecord } from './open-record.ts'
import { type Sums, dayStartMs, sumOf, weekStartMs } from './series.ts'
import './board-panel.ts'
import type { OpenBoard } from './board-port.ts'
import './chart-panel.ts'
import './earned-panel.ts'
import './goal-panel.ts'
import './history-list.ts'
import './keep-panel.ts'
import './share-panel.ts'

const NONE = sumOf([])

/** `<cw-record .record=… .state=… .nowMs=… .board=…>`. */
export class RecordView extends LitElement {
  static override properties = {
    record: { attribute: false },
    state: { attribute: false },
    nowMs: { attribute: false },
    board: { attribute: false },
    day: { state: true },
    week: { state: true },
    totals: { state: true },
  }
  static override styles = [
    baseStyles,
    css`
      :host {
        display: grid;
        /* Charts are as wide as they were drawn: they must not keep the page from becoming narrower. */
        grid-template-columns: minmax(0, 1fr);
        gap: 32px 72px;
      }
      .part {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 32px;
        align-content: start;
      }
      @media (min-width: 1100px) {
        :host {
          grid-template-columns: minmax(0, 1fr) minmax(0, 480px);
          grid-template-rows: auto 1fr;
        }
        .seen {
          grid-area: 1 / 2 / span 2;
        }
      }
    `,
  ]

  declare record: DeviceRecord | null
  declare state: NodeState
  declare nowMs: number
  /** How to get at the leaderboard; null where there is none. */
  declare board: OpenBoard | null
  declare day: Sums
  declare week: Sums
  declare totals: Totals | null
  readonly #watch = new HistoryWatch(this, async (history) => {
    const [quarters, totals] = await Promise.all([history.quarters(weekStartMs(this.nowMs)), history.totals()])
    const todayMs = dayStartMs(this.nowMs)
    this.week = sumOf(quarters)
    this.day = sumOf(quarters.filter(({ startMs }) => startMs >= todayMs))
    this.totals = totals ?? null
  })

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.record = null
    this.state = OFF_STATE
    this.nowMs = 0
    this.board = null
    this.day = NONE
    this.week = NONE
    this.totals = null
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('record')) this.#watch.follow(this.record?.history ?? null)
    // Midnight comes without a change of the history.
    const wasMs = changed.get('nowMs')
    if (wasMs !== undefined && dayStartMs(wasMs) !== dayStartMs(this.nowMs)) this.#watch.again()
  }

  override render() {
    const { record, totals, nowMs } = this
    if (record === null) return nothing
    const { history } = record
    return html`<h2 class="unseen">${msg('Your record')}</h2>
      <div class="part">
        <cw-earned .day=${this.day} .week=${this.week} .totals=${totals}></cw-earned>
        <cw-goal .store=${record.settings} .day=${this.day} .week=${this.week}></cw-goal>
        <cw-history .history=${history} .live=${this.state.units} .nowMs=${nowMs}></cw-history>
      </div>
      <div class="part seen">
        <cw-charts .history=${history} .nowMs=${nowMs}></cw-charts>
        ${this.board === null ? nothing : html`<cw-board .open=${this.board} .node=${this.state.node}></cw-board>`}
      </div>
      <div class="part">
        <cw-share .totals=${totals}></cw-share>
        <cw-keep .history=${history} .totals=${totals}></cw-keep>
      </div>`
  }
}

customElements.define('cw-record', RecordView)

declare global {
  interface HTMLElementTagNameMap {
    'cw-record': RecordView
  }
}
