// A digest or key as people meet it: first six and last four characters, the whole of it one click away.
import { LitElement, css, html } from 'lit'
import { shortDigest } from '#ui/format.ts'
import { baseStyles } from '#ui/shared-styles.ts'

const SAID_MS = 1600

/** `<cw-digest .value=… label="certificate">`: shortened text and a copy button. */
export class DigestText extends LitElement {
  static override properties = { value: {}, label: {}, isCopied: { state: true } }
  static override styles = [
    baseStyles,
    css`
      :host {
        display: inline-flex;
        align-items: baseline;
        gap: 4px;
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
    this.value = ''
    this.label = 'digest'
    this.isCopied = false
  }

  override render() {
    return html`<span class="figure" title=${this.value}>${shortDigest(this.value)}</span
      ><button type="button" aria-label="Copy the ${this.label}" @click=${this.#copy}>
        ${this.isCopied ? 'copied' : 'copy'}</button
      ><span class="unseen" role="status">${this.isCopied ? 'Copied' : ''}</span>`
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
