// Entries of the log, newest first: each with a tick when it is proven, what it says, and on opening its exact values.
import { msg, str, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, type PropertyValues, css, html, nothing } from 'lit'
import { guard } from 'lit/directives/guard.js'
import { repeat } from 'lit/directives/repeat.js'
import type { Doubt, LogRow } from '#sdk/explore/log-reader.ts'
import type { LogEntry } from '#ledger/entry.ts'
import { formatCount } from '#ui/format.ts'
import { language } from '#ui/languages/language.ts'
import { baseStyles } from '#ui/shared-styles.ts'
import '#ui/elements/digest-text.ts'
import { entrySentence } from './entry-words.ts'
import { explorerStyles } from './explorer-styles.ts'
import { doubtSentence, stepsWords } from './log-words.ts'
import { asTold, sign } from './page-frame.ts'
import { unitPath } from './route.ts'

/** Rows drawn in one frame, so that none takes long: with their layout these take about 5 ms of a slow processor. */
const ROWS_A_FRAME = 3

/** `<cw-entries .rows=…>`. */
export class LogEntries extends LitElement {
  static override properties = { rows: { attribute: false }, drawn: { state: true }, opened: { state: true } }
  static override styles = [
    baseStyles,
    explorerStyles,
    css`
      li {
        contain: layout style;
      }
      li + li {
        border-top: 1px solid var(--line);
      }
      summary {
        display: grid;
        grid-template-columns: 20px minmax(0, 1fr) auto;
        gap: 0 8px;
        align-items: baseline;
        padding: 10px 0;
        cursor: pointer;
        list-style: none;
      }
      summary::-webkit-details-marker {
        display: none;
      }
      .what {
        overflow-wrap: anywhere;
      }
      summary:hover .what {
        text-decoration: underline;
        text-decoration-color: var(--line);
        text-underline-offset: 3px;
      }
      .index {
        color: var(--muted);
      }
      .meta {
        grid-column: 2 / -1;
      }
      .refused .what,
      .refused .meta {
        color: var(--fault);
      }
      .more {
        display: grid;
        gap: 8px;
        padding: 0 0 16px 28px;
      }
      .ways a {
        display: inline-block;
        padding: 4px 0;
      }
      pre {
        max-width: 100%;
        max-height: 320px;
        margin: 0;
        padding: 12px;
        overflow: auto;
        border: 1px solid var(--line);
        border-radius: 8px;
        background: var(--surface);
        font: 400 var(--size-note) / 1.5 var(--mono);
      }
    `,
  ]

  declare rows: readonly LogRow[]
  /** Rows that are drawn already. */
  declare drawn: number
  /** Entries that were opened: what is inside of the others is not made. */
  declare opened: ReadonlySet<number>

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.rows = []
    this.drawn = ROWS_A_FRAME
    this.opened = new Set()
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('rows')) this.drawn = ROWS_A_FRAME
  }

  protected override updated(): void {
    if (this.drawn >= this.rows.length) return
    requestAnimationFrame(() => {
      this.drawn += ROWS_A_FRAME
    })
  }

  override render() {
    return html`<ol data-testid="entries" reversed>
      ${repeat(
        this.rows.slice(0, this.drawn),
        ({ index }) => index,
        (row) =>
          html`<li @toggle=${{ handleEvent: () => this.#open(row.index), capture: true }}>
            ${guard([row, this.opened.has(row.index), language()], () => entryRow(row, this.opened.has(row.index)))}
          </li>`,
      )}
    </ol>`
  }

  #open(index: number): void {
    if (!this.opened.has(index)) this.opened = new Set([...this.opened, index])
  }
}

function entryRow(row: LogRow, isOpened: boolean) {
  const { index, entry, doubt, steps } = row
  const isProven = doubt === null
  const what = entry === null ? msg('An entry of a form that this page does not know.') : entrySentence(entry)
  return html`<details class=${isProven ? '' : 'refused'} data-index=${index} data-proven=${isProven ? 'yes' : 'no'}>
    <summary>
      ${sign(isProven ? 'good' : 'bad')}
      <span class="what">${what}</span>
      <span class="index figure">${formatCount(index)}</span>
      <span class="meta note"
        ><span translate="no">${entry?.type ?? '?'}</span> ·
        ${isProven ? stepsWords(steps) : doubtWords(doubt, row.detail)}</span
      >
    </summary>
    <div class="more">${isOpened ? inside(row) : nothing}</div>
  </details>`
}

function inside({ index, entry, leaf, json }: LogRow) {
  return html`${entry === null ? nothing : ways(entry)}
  ${
    leaf === null
      ? nothing
      : html`<p class="note">
          ${msg('Digest computed here')} <cw-digest .value=${leaf} label=${msg('Copy the entry’s digest')}></cw-digest>
        </p>`
  }
  ${json === '' ? nothing : html`<pre tabindex="0" aria-label=${msg(str`Entry ${index} in full`)}>${json}</pre>`}`
}

function doubtWords(doubt: Doubt, detail: string) {
  return html`<strong>${msg('not proven.')}</strong> ${doubtSentence(doubt)} ${detail === '' ? nothing : asTold(detail)}`
}

/** Where the entry leads. */
function ways(entry: LogEntry) {
  switch (entry.type) {
    case 'receipt': {
      const path = unitPath({ by: 'certificate', id: entry.certificate })
      return html`<p class="ways">
        <a href=${path}>${msg('See how it was checked, and compute it again')}</a>
      </p>`
    }
    case 'fault':
      return html`<p class="ways">
        <a href="/api/v1/faults/${entry.proof}" target="_blank" rel="noopener">${msg('The proof')}</a>
      </p>`
    case 'roster':
      return html`<p class="ways">
        <a href="/api/v1/rosters/${entry.root}" target="_blank" rel="noopener">${msg('The nodes on it')}</a>
      </p>`
    case 'genesis':
    case 'grant':
    case 'secret-chain':
    case 'epoch-secret':
    case 'delegation':
    case 'beats':
    case 'admission':
    case 'epoch':
    case 'forfeit':
    case 'refund':
      return nothing
  }
}

customElements.define('cw-entries', LogEntries)

declare global {
  interface HTMLElementTagNameMap {
    'cw-entries': LogEntries
  }
}
