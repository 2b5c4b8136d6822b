// What a person agreed to ends: said on the page within the last hour, with the click that goes on, and by a notification for those who
// asked for one. Nobody is asked for the permission: it is offered, and asked for on the click.
import { msg, str, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import { systemClock } from '#core/clock.ts'
import { formatClock } from '#ui/format.ts'
import { type Lapse, isNear, nextLapse, watchLapse } from '#ui/lapse.ts'
import { baseStyles, buttonStyles, cardStyles } from '#ui/shared-styles.ts'

/** One notification, however often it is told. */
const TAG = 'commonwatt-lapse'

/** `<cw-lapse .consentMs=… .delegatedUntilMs=… .protect=…>`: fires `cw-extend`. Zero and null are never. */
export class LapseNote extends LitElement {
  static override properties = {
    consentMs: { type: Number },
    delegatedUntilMs: { attribute: false },
    protect: { attribute: false },
    isNear: { state: true },
    permission: { state: true },
    said: { state: true },
  }
  static override styles = [
    baseStyles,
    buttonStyles,
    cardStyles,
    css`
      section {
        border-color: var(--filament);
      }
      p {
        max-width: 62ch;
      }
      section button {
        margin-top: 12px;
      }
      /* Its words begin where the column does. */
      button.quiet {
        margin-inline-start: -13px;
      }
    `,
  ]

  declare consentMs: number
  declare delegatedUntilMs: number | null
  /** Lets a passkey vouch anew; called from the click. */
  declare protect: () => Promise<void>
  declare isNear: boolean
  declare permission: NotificationPermission | 'none'
  declare said: string
  #lapse: Lapse | null = null
  #endWatch = () => {}

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.consentMs = 0
    this.delegatedUntilMs = null
    this.protect = () => Promise.resolve()
    this.isNear = false
    this.permission = 'Notification' in globalThis ? Notification.permission : 'none'
    this.said = ''
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#endWatch()
    this.#lapse = null
  }

  protected override willUpdate(): void {
    const lapse = nextLapse(this.consentMs, this.delegatedUntilMs)
    if (lapse?.atMs === this.#lapse?.atMs && lapse?.of === this.#lapse?.of) return
    this.#endWatch()
    this.#lapse = lapse
    this.isNear = lapse !== null && isNear(lapse, systemClock.nowMs())
    this.#endWatch = lapse === null ? () => {} : watchLapse(lapse, systemClock, () => this.#tell(lapse))
  }

  override render() {
    const lapse = this.#lapse
    if (lapse === null) return nothing
    return html`<div role="status">${this.isNear ? this.#card(lapse) : nothing}</div>
      ${this.#offer()}`
  }

  #card(lapse: Lapse) {
    return html`<section aria-labelledby="title" data-testid="lapse">
      <h2 id="title">${titleOf(lapse)}</h2>
      <p>${hereOf(lapse)}</p>
      <button type="button" class="primary" @click=${this.#goOn}>
        ${lapse.of === 'consent' ? msg('Go on for another day') : msg('Use your passkey again')}
      </button>
      <p class="note" role="alert">${this.said}</p>
    </section>`
  }

  #offer() {
    if (this.permission === 'granted')
      return html`<p class="note">${msg('You get a notification an hour before it ends, while this page is open.')}</p>`
    if (this.permission === 'denied')
      return html`<p class="note">
        ${msg('Notifications are blocked for this page in your browser’s settings, so its end is told on the page only.')}
      </p>`
    return this.permission === 'none'
      ? nothing
      : html`<button type="button" class="quiet" data-testid="notify" @click=${this.#ask}>
          ${msg('Notify me before it ends')}
        </button>`
  }

  readonly #ask = async (): Promise<void> => {
    this.permission = await Notification.requestPermission()
    if (this.#lapse !== null && this.isNear) await this.#notify(this.#lapse)
  }

  readonly #goOn = (): void => {
    this.said = ''
    if (this.#lapse?.of === 'consent')
      this.dispatchEvent(new CustomEvent('cw-extend', { bubbles: true, composed: true }))
    else
      this.protect().catch(() => {
        this.said = msg('The passkey was not used. Nothing was lost; try again, or go on without it.')
      })
  }

  #tell(lapse: Lapse): void {
    this.isNear = true
    void this.#notify(lapse).catch(() => undefined)
  }

  /** By the service worker, because phones let pages show none of their own, and a click must find the page. */
  async #notify(lapse: Lapse): Promise<void> {
    if (this.permission !== 'granted') return
    const registration = await navigator.serviceWorker.getRegistration()
    const options = { body: sentenceOf(lapse), tag: TAG, icon: '/icons/192.png', badge: '/icons/192.png' }
    if (registration?.active) await registration.showNotification(titleOf(lapse), options)
    else new Notification(titleOf(lapse), options).addEventListener('click', () => globalThis.focus())
  }
}

function titleOf({ of, atMs }: Lapse): string {
  const end = formatClock(atMs)
  return of === 'consent'
    ? msg(str`Your contribution ends at ${end}`)
    : msg(str`Your passkey’s word for this browser ends at ${end}`)
}

/** On the page itself, above the button. */
function hereOf({ of }: Lapse): string {
  return of === 'consent'
    ? msg('Then your device stops by itself, unless you go on.')
    : msg('Then your node goes on as one that nobody vouches for, unless you use your passkey again.')
}

/** In a notification, for who is elsewhere. */
function sentenceOf({ of }: Lapse): string {
  return of === 'consent'
    ? msg('Then your device stops by itself. To go on, open the page and click “Go on for another day”.')
    : msg(
        'Your node goes on without it, as one that nobody vouches for. To keep it, open the page and use your passkey again.',
      )
}

customElements.define('cw-lapse', LapseNote)

declare global {
  interface HTMLElementTagNameMap {
    'cw-lapse': LapseNote
  }
}
