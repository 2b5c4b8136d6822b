// Entries of the log, newest first: each with a tick when it is proven, what it says, and on opening its exact values.
import { LitElement, css, html, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { LogRow } from '#sdk/explore/log-reader.ts'
import type { LogEntry } from '#ledger/entry.ts'
import { group, plural } from '#ui/format.ts'
import { baseStyles } from '#ui/shared-styles.ts'
import '#ui/elements/digest-text.ts'
import { entrySentence } from './entry-words.ts'
import { explorerStyles } from './explorer-styles.ts'
import { sign } from './page-frame.ts'
import { unitPath } from './route.ts'

/** `<cw-entries .rows=…>`. */
export class LogEntries extends LitElement {
  static override properties = { rows: { attribute: false } }
  static override styles = [
    baseStyles,
    explorerStyles,
    css`
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

  constructor() {
    super()
    this.rows = []
  }

  override render() {
    return html`<ol data-testid="entries" reversed>
      ${repeat(
        this.rows,
        ({ index }) => index,
        (row) => html`<li>${entryRow(row)}</li>`,
      )}
    </ol>`
  }
}

function entryRow(row: LogRow) {
  const { index, entry, reason, steps } = row
  const isProven = reason === ''
  const what = entry === null ? 'An entry of a form that this page does not know.' : entrySentence(entry)
  return html`<details class=${isProven ? '' : 'refused'} data-index=${index} data-proven=${isProven ? 'yes' : 'no'}>
    <summary>
      ${sign(isProven ? 'good' : 'bad')}
      <span class="what">${what}</span>
      <span class="index figure">${group(String(index))}</span>
      <span class="meta note"
        >${entry?.type ?? 'unknown'} ·
        ${isProven ? html`proven in ${plural(steps, 'step')}` : html`<strong>not proven.</strong> ${reason}`}</span
      >
    </summary>
    <div class="more">
      ${entry === null ? nothing : ways(entry)}
      ${
        row.leaf === null
          ? nothing
          : html`<p class="note">
              Digest computed here <cw-digest .value=${row.leaf} label="entry’s digest"></cw-digest>
            </p>`
      }
      ${row.json === '' ? nothing : html`<pre tabindex="0" aria-label="Entry ${index} in full">${row.json}</pre>`}
    </div>
  </details>`
}

/** Where the entry leads. */
function ways(entry: LogEntry) {
  switch (entry.type) {
    case 'receipt': {
      const path = unitPath({ by: 'certificate', id: entry.certificate })
      return html`<p class="ways">
        <a href=${path}>See how it was checked, and compute it again</a>
      </p>`
    }
    case 'fault':
      return html`<p class="ways">
        <a href="/api/v1/faults/${entry.proof}" target="_blank" rel="noopener">The proof</a>
      </p>`
    case 'roster':
      return html`<p class="ways">
        <a href="/api/v1/rosters/${entry.root}" target="_blank" rel="noopener">The nodes on it</a>
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
