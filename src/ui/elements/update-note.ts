// A new version of the page waits: said once, at the foot of the screen, where it moves nothing. It is taken with a click.
import { msg, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import { baseStyles, buttonStyles } from '#ui/shared-styles.ts'

/** `<cw-update .takeOver=…>`: empty while `takeOver` is null. */
export class UpdateNote extends LitElement {
  static override properties = {
    takeOver: { attribute: false },
    isRunning: { type: Boolean },
    isTaken: { state: true },
  }
  static override styles = [
    baseStyles,
    buttonStyles,
    css`
      section {
        position: fixed;
        inset: auto 0 0;
        z-index: 1;
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: 8px 24px;
        padding: 12px 16px;
        border-top: 1px solid var(--edge);
        background: var(--surface);
      }
      p {
        flex: 1 1 240px;
        max-width: 62ch;
      }
      .buttons {
        display: flex;
        gap: 8px;
      }
      @media (min-width: 600px) {
        section {
          inset: auto 24px 24px auto;
          max-width: 560px;
          padding: 16px 20px;
          border: 1px solid var(--edge);
          border-radius: 12px;
        }
      }
    `,
  ]

  declare takeOver: (() => void) | null
  /** Whether a node runs, which a reload ends. */
  declare isRunning: boolean
  declare isTaken: boolean

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.takeOver = null
    this.isRunning = false
    this.isTaken = false
  }

  override render() {
    return html`<div role="status">${this.takeOver === null ? nothing : this.#note()}</div>`
  }

  #note() {
    const then = this.isRunning
      ? msg('Reloading stops your node first; nothing that was confirmed is lost.')
      : msg('Your settings and credit stay as they are.')
    return html`<section aria-label=${msg('New version')} data-testid="update">
      <p><strong>${msg('A new version of this page is ready.')}</strong> ${then}</p>
      <div class="buttons">
        <button type="button" class="primary" aria-disabled=${this.isTaken ? 'true' : nothing} @click=${this.#take}>
          ${this.isTaken ? msg('Reloading') : msg('Reload')}
        </button>
        <button type="button" class="quiet" @click=${this.#later}>${msg('Later')}</button>
      </div>
    </section>`
  }

  readonly #take = (): void => {
    if (this.isTaken) return
    this.isTaken = true
    this.takeOver?.()
  }

  readonly #later = (): void => {
    this.takeOver = null
  }
}

customElements.define('cw-update', UpdateNote)

declare global {
  interface HTMLElementTagNameMap {
    'cw-update': UpdateNote
  }
}
