// The offer of a passkey: calm, refusable, and honest about what it is for.
import { msg, str, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import { toldWords } from '#ui/told-words.ts'
import { baseStyles, buttonStyles, cardStyles } from '#ui/shared-styles.ts'

/** Whether a passkey can be offered here at all: the platform has them, and the address is a name, not an IP number. */
export function canOfferPasskey(): boolean {
  const isNumber = /^[\d.]+$|:|^\[/.test(globalThis.location.hostname)
  return typeof globalThis.PublicKeyCredential === 'function' && !isNumber
}

/** `<cw-passkey .protect=…>`: fires `cw-passkey-dismissed`. `protect` is called from the click and rejects with the platform's words. */
export class PasskeyCard extends LitElement {
  static override properties = {
    protect: { attribute: false },
    isBusy: { state: true },
    said: { state: true },
  }
  static override styles = [
    baseStyles,
    buttonStyles,
    cardStyles,
    css`
      section {
        padding-bottom: 20px;
      }
      p {
        margin-top: 4px;
        max-width: 62ch;
      }
      .buttons {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        margin-top: 12px;
      }
    `,
  ]

  declare protect: () => Promise<void>
  declare isBusy: boolean
  declare said: string

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.protect = () => Promise.resolve()
    this.isBusy = false
    this.said = ''
  }

  override render() {
    return html`<section aria-labelledby="title" data-testid="passkey">
      <h2 id="title">${msg('Protect your credit with a passkey')}</h2>
      <p class="muted">
        ${msg('Your credit belongs to a key that this browser keeps. A passkey vouches for that key with your fingerprint, face or device PIN. Nothing about you is sent, and you can go on without one.')}
      </p>
      <div class="buttons">
        <button
          type="button"
          data-testid="passkey-create"
          aria-disabled=${this.isBusy ? 'true' : nothing}
          @click=${this.#create}
        >
          ${this.isBusy ? msg('Waiting for your device') : msg('Create a passkey')}
        </button>
        <button type="button" class="quiet" data-testid="passkey-skip" @click=${this.#dismiss}>
          ${msg('Not now')}
        </button>
      </div>
      <p role="status">${this.said}</p>
    </section>`
  }

  readonly #create = async (): Promise<void> => {
    if (this.isBusy) return
    this.isBusy = true
    this.said = ''
    try {
      await this.protect()
    } catch (error) {
      this.said = refusal(error)
    } finally {
      this.isBusy = false
    }
  }

  readonly #dismiss = (): void => {
    this.dispatchEvent(new CustomEvent('cw-passkey-dismissed', { bubbles: true, composed: true }))
  }
}

function refusal(error: unknown): string {
  const isCancelled = error instanceof Error && (error.name === 'NotAllowedError' || error.name === 'AbortError')
  const cause =
    isCancelled || !(error instanceof Error)
      ? msg('No passkey was made.')
      : msg(str`No passkey was made: ${toldWords(error.message)}`)
  return msg(str`${cause} Nothing was lost; you go on contributing as before and can try again.`)
}

customElements.define('cw-passkey', PasskeyCard)

declare global {
  interface HTMLElementTagNameMap {
    'cw-passkey': PasskeyCard
  }
}
