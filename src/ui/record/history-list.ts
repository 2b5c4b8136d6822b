// Every unit that the browser keeps, a page at a time, newest first. The first page goes on while the node works; older ones stand still.
import { msg, str, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, type PropertyValues, css, html, nothing } from 'lit'
import type { UnitRecord } from '#node/state.ts'
import '#ui/elements/unit-list.ts'
import { formatCount } from '#ui/format.ts'
import { baseStyles, buttonStyles } from '#ui/shared-styles.ts'
import type { HistoryStore } from './history-store.ts'
import { HistoryWatch } from './history-watch.ts'
import { type KeptUnit, unitKey } from './kept.ts'

/** Units on a page: as many as the list shows without a further click. */
const PAGE_UNITS = 12

/** `<cw-history .history=… .live=… .nowMs=…>`: `live` are the units of the session, newest first. */
export class HistoryList extends LitElement {
  static override properties = {
    history: { attribute: false },
    live: { attribute: false },
    nowMs: { attribute: false },
    page: { state: true },
    kept: { state: true },
    count: { state: true },
  }
  static override styles = [
    baseStyles,
    buttonStyles,
    css`
      nav {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px 12px;
        margin-top: 12px;
      }
      [aria-disabled='true'] {
        color: var(--muted);
        border-color: var(--line);
        cursor: default;
      }
    `,
  ]

  declare history: HistoryStore | null
  declare live: readonly UnitRecord[]
  declare nowMs: number
  declare page: number
  declare kept: readonly KeptUnit[]
  declare count: number
  readonly #watch = new HistoryWatch(this, async (history) => {
    const { page } = this
    const [count, kept] = await Promise.all([history.countUnits(), history.units(page * PAGE_UNITS, PAGE_UNITS)])
    this.count = count
    // An older page stands still while units come in: it is read when it is turned to.
    if (page === this.page && (page === 0 || this.#read !== page || kept.length === 0)) this.kept = kept
    this.#read = page
  })
  /** The page that was read last. */
  #read = -1

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.history = null
    this.live = []
    this.nowMs = 0
    this.page = 0
    this.kept = []
    this.count = 0
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('history')) this.#watch.follow(this.history)
    if (this.page > 0 && this.page * PAGE_UNITS >= this.count) this.#turn(0)
  }

  override render() {
    const units = this.page === 0 ? newest(this.live, this.kept) : this.kept
    return html`<cw-units .units=${units} .nowMs=${this.nowMs}></cw-units> ${this.#pages()}`
  }

  #pages() {
    const { page, count } = this
    if (count <= PAGE_UNITS) return nothing
    const first = page * PAGE_UNITS + 1
    const [from, to] = [first, Math.min(count, first + PAGE_UNITS - 1)].map(formatCount)
    return html`<nav aria-label=${msg('Pages of units')}>
      ${this.#step(msg('Newer'), 'newer', page - 1, page > 0)}
      ${this.#step(msg('Older'), 'older', page + 1, first + PAGE_UNITS <= count)}
      <span class="note" data-testid="page-place"
        >${msg(str`${from ?? ''} to ${to ?? ''} of ${formatCount(count)}`)}</span
      >
    </nav>`
  }

  /** Not `disabled` at the ends: that would take the focus away from who turns pages with the keyboard. */
  #step(words: string, id: string, page: number, isPossible: boolean) {
    const turn = () => {
      if (isPossible) this.#turn(page)
    }
    return html`<button type="button" aria-disabled=${!isPossible} data-testid=${id} @click=${turn}>${words}</button>`
  }

  #turn(page: number): void {
    this.page = page
    this.#watch.again()
  }
}

/** The first page: units at work, then the finished ones, of which the session knows some earlier than the history. */
function newest(live: readonly UnitRecord[], kept: readonly KeptUnit[]): UnitRecord[] {
  const known = new Set(live.map(unitKey))
  return [...live, ...kept.filter(({ id }) => !known.has(id))].slice(0, PAGE_UNITS)
}

customElements.define('cw-history', HistoryList)

declare global {
  interface HTMLElementTagNameMap {
    'cw-history': HistoryList
  }
}
