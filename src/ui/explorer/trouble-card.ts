// A trouble as a card.
import { msg, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import { problemStyles } from '#ui/page-styles.ts'
import { baseStyles, buttonStyles } from '#ui/shared-styles.ts'
import { asTold } from './page-frame.ts'
import { type Trouble, troubleWords } from './trouble.ts'

/** `<cw-trouble .trouble=…>`: empty while there is none. With `canRetry` it has a button that fires `cw-retry`. */
export class TroubleCard extends LitElement {
  static override properties = { trouble: { attribute: false }, canRetry: { type: Boolean } }
  static override styles = [
    baseStyles,
    buttonStyles,
    problemStyles,
    css`
      p {
        overflow-wrap: anywhere;
      }
      button {
        margin: 8px 0 4px;
      }
    `,
  ]

  declare trouble: Trouble | null
  declare canRetry: boolean

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.trouble = null
    this.canRetry = false
  }

  override render() {
    const { trouble } = this
    const words = trouble === null ? null : troubleWords(trouble)
    return html`<div role="alert">
      ${
        trouble === null || words === null
          ? nothing
          : html`<section data-testid="trouble">
              <h2>${words.what}</h2>
              <p>${words.means}</p>
              <p>${words.next}</p>
              ${this.canRetry ? html`<button type="button" @click=${this.#retry}>${msg('Try again')}</button>` : nothing}
              ${words.detail === '' ? nothing : html`<p class="note" data-testid="detail">${asTold(words.detail)}</p>`}
              <p class="name figure">${trouble.error.name}</p>
            </section>`
      }
    </div>`
  }

  readonly #retry = (): void => {
    this.dispatchEvent(new CustomEvent('cw-retry', { bubbles: true, composed: true }))
  }
}

customElements.define('cw-trouble', TroubleCard)

declare global {
  interface HTMLElementTagNameMap {
    'cw-trouble': TroubleCard
  }
}
