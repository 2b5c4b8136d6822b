// A digest or key as people meet it: first six and last four characters, the whole of it one click away.
import { msg, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, css, html } from 'lit'
import { shortDigest } from '#ui/format.ts'
import { baseStyles } from '#ui/shared-styles.ts'

const SAID_MS = 1600

/** `<cw-digest .value=… label="Copy the key">`: shortened text and a copy button of that name. */
export class DigestText extends LitElement {
  static override properties = { value: {}, label: {}, isCopied: { state: true } }
  static override styles = [
    baseStyles,
    css`
      :host {
        display: inline-flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 0 4px;
        max-width: 100%;
        white-space: nowrap;
      }
      button {
        min-width: 24px;
        min-height: 24px;
        padding: 0 6px;
        border: 0;
        border-radius: 4px;
        background: none;
        color: var(--muted);
        font: 400 var(--size-note) / 1.5 var(--sans);
        text-decoration: underline;
        text-decoration-color: var(--line);
        text-underline-offset: 3px;
        cursor: pointer;
      }
      button:hover {
        color: var(--ink);
      }
    `,
  ]

  declare value: string
  declare label: string
  declare isCopied: boolean

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.value = ''
    this.label = ''
    this.isCopied = false
  }

  override render() {
    return html`<span class="figure" title=${this.value}>${shortDigest(this.value)}</span
      ><button type="button" aria-label=${this.label || msg('Copy the digest')} @click=${this.#copy}>
        ${this.isCopied ? msg('copied') : msg('copy')}</button
      ><span class="unseen" role="status">${this.isCopied ? msg('Copied') : ''}</span>`
  }

  readonly #copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(this.value)
    } catch {
      // Denied, as in a frame without the permission: the full text is in the title.
      return
    }
    this.isCopied = true
    setTimeout(() => {
      this.isCopied = false
    }, SAID_MS)
  }
}

customElements.define('cw-digest', DigestText)

declare global {
  interface HTMLElementTagNameMap {
    'cw-digest': DigestText
  }
}
