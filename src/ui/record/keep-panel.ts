// What a person may do with the record: take it away as a file, or delete it. Both happen in this browser.
import { msg, str, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import { systemClock } from '#core/clock.ts'
import { unitCount } from '#ui/format.ts'
import { baseStyles, buttonStyles } from '#ui/shared-styles.ts'
import { download } from './download.ts'
import { csvOf, fileName, jsonOf } from './export-text.ts'
import type { HistoryStore } from './history-store.ts'
import type { Totals } from './kept.ts'

/** `<cw-keep .history=… .totals=…>`. */
export class KeepPanel extends LitElement {
  static override properties = {
    history: { attribute: false },
    totals: { attribute: false },
    isAsking: { state: true },
    said: { state: true },
    trouble: { state: true },
  }
  static override styles = [
    baseStyles,
    buttonStyles,
    css`
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: 8px 12px;
        margin-top: 12px;
      }
      p {
        margin-top: 8px;
      }
      dialog {
        max-width: min(480px, calc(100vw - 32px));
        padding: 20px 24px;
        border: 1px solid var(--edge);
        border-radius: 12px;
        background: var(--surface);
        color: var(--ink);
      }
      dialog::backdrop {
        background: rgb(0 0 0 / 50%);
      }
      button.fault {
        border-color: var(--fault);
        color: var(--fault);
      }
      .trouble {
        color: var(--fault);
      }
    `,
  ]

  declare history: HistoryStore | null
  declare totals: Totals | null
  declare isAsking: boolean
  /** What was done last, in words. */
  declare said: string
  declare trouble: string

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.history = null
    this.totals = null
    this.isAsking = false
    this.said = ''
    this.trouble = ''
  }

  override render() {
    return html`<h2>${msg('Your history is yours')}</h2>
      <p>
        ${msg('It is kept in this browser only, for about three months. Take it with you as a file, or delete it.')}
      </p>
      <div class="actions">
        <button type="button" data-testid="export-csv" @click=${this.#csv}>${msg('Save as CSV')}</button>
        <button type="button" data-testid="export-json" @click=${this.#json}>${msg('Save as JSON')}</button>
        <button class="quiet" type="button" data-testid="delete-history" @click=${this.#ask}>
          ${msg('Delete the history')}
        </button>
      </div>
      <p class="note" role="status">${this.said}</p>
      <p class="trouble" role="alert">${this.trouble}</p>
      ${this.isAsking ? this.#dialog() : nothing}`
  }

  protected override updated(): void {
    const dialog = this.renderRoot.querySelector('dialog')
    if (dialog !== null && !dialog.open) dialog.showModal()
  }

  #dialog() {
    const count = (this.totals?.agreed ?? 0) + (this.totals?.others ?? 0)
    return html`<dialog aria-labelledby="ask" @close=${this.#close}>
      <h2 id="ask">${msg('Delete the history of this browser?')}</h2>
      <p>${msg(str`${unitCount(count)}, the charts and the sums are gone for good.`)}</p>
      <p>${msg('Your credit and your key stay: they are not part of it.')}</p>
      <div class="actions">
        <button type="button" autofocus data-testid="delete-no" @click=${this.#close}>${msg('Keep it')}</button>
        <button class="fault" type="button" data-testid="delete-yes" @click=${this.#delete}>
          ${msg('Delete the history')}
        </button>
      </div>
    </dialog>`
  }

  readonly #csv = (): void => {
    void this.#attempt(async (history) => {
      const { units } = await history.whole()
      this.#save('csv', 'text/csv', csvOf(units))
    })
  }

  readonly #json = (): void => {
    void this.#attempt(async (history) => {
      this.#save('json', 'application/json', jsonOf(await history.whole(), systemClock.nowMs()))
    })
  }

  readonly #ask = (): void => {
    this.isAsking = true
  }

  readonly #close = (): void => {
    this.isAsking = false
    void this.updateComplete.then(() =>
      this.renderRoot.querySelector<HTMLElement>('[data-testid=delete-history]')?.focus(),
    )
  }

  readonly #delete = (): void => {
    void this.#attempt(async (history) => {
      await history.clear()
      this.said = msg('The history is deleted.')
    })
    this.#close()
  }

  #save(extension: 'csv' | 'json', type: string, text: string): void {
    const name = fileName(extension, systemClock.nowMs())
    download(new Blob([text], { type: `${type};charset=utf-8` }), name)
    this.said = msg(str`Saved as ${name}.`)
  }

  async #attempt(use: (history: HistoryStore) => Promise<void>): Promise<void> {
    this.trouble = ''
    this.said = ''
    if (this.history === null) return
    try {
      await use(this.history)
    } catch {
      this.trouble = msg(
        'The browser did not let the page at its history. Nothing was lost: reload the page and try again.',
      )
    }
  }
}

customElements.define('cw-keep', KeepPanel)

declare global {
  interface HTMLElementTagNameMap {
    'cw-keep': KeepPanel
  }
}
