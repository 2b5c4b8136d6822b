// A trouble as a card.
import { LitElement, css, html, nothing } from 'lit'
import { problemStyles } from '#ui/page-styles.ts'
import { baseStyles, buttonStyles } from '#ui/shared-styles.ts'
import type { Trouble } from './trouble.ts'

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
    this.trouble = null
    this.canRetry = false
  }

  override render() {
    const { trouble } = this
    return html`<div role="alert">
      ${
        trouble === null
          ? nothing
          : html`<section data-testid="trouble">
              <h2>${trouble.what}</h2>
              <p>${trouble.means}</p>
              <p>${trouble.next}</p>
              ${this.canRetry ? html`<button type="button" @click=${this.#retry}>Try again</button>` : nothing}
              <p class="name figure">${trouble.name}</p>
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
