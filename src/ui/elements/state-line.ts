// The state line: is it on, what is it doing. Shown with a sign beside the words, and said aloud when the phase changes.
import { updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, css, html, nothing, svg } from 'lit'
import type { NodeState } from '#node/state.ts'
import { type IconName, icon } from '#ui/icons.ts'
import { isLoopback } from '#ui/loopback.ts'
import { OFF_STATE } from '#ui/session.ts'
import { baseStyles } from '#ui/shared-styles.ts'
import { offlineState } from '#ui/offline-words.ts'
import { type Shown, announcement, reasonWords, shownOf, stateLine } from '#ui/words.ts'
import { stateStyles } from './control-styles.ts'

/** What has a sign of its own: what the node is, and a browser without a connection. */
type Kind = Shown | 'offline'

/** The icon of each, and what colours it. */
const ICONS = {
  off: ['ring', 'rest'],
  starting: ['dashes', 'live'],
  waiting: ['dot', 'live'],
  working: ['dot', 'live'],
  throttled: ['half', 'live'],
  paused: ['pause', 'live'],
  hidden: ['eye', 'rest'],
  offline: ['unlinked', 'rest'],
  reconnecting: ['dashes', 'live'],
  stopping: ['dashes', 'live'],
  attention: ['warning', 'fault'],
} as const satisfies Record<Kind, readonly [IconName, string]>

/** What moves while it works. */
const PULSE = svg`<circle class="pulse" stroke-width="1" cx="8" cy="8" r="8" />`

/** Events of the browser's own connection. */
const CONNECTION = ['online', 'offline'] as const

/** `<cw-state-line .state=…>`. */
export class StateLine extends LitElement {
  static override properties = { state: { attribute: false }, isOnline: { state: true } }
  static override styles = [
    baseStyles,
    stateStyles,
    css`
      :host {
        position: relative;
      }
      .live {
        color: var(--filament);
      }
      .fault {
        color: var(--fault);
      }
      .pulse {
        transform-origin: center;
        animation: pulse 1.8s ease-out infinite;
      }
      @keyframes pulse {
        from {
          opacity: 0.7;
          transform: scale(0.6);
        }
        40%,
        to {
          opacity: 0;
          transform: scale(1.5);
        }
      }
    `,
  ]

  declare state: NodeState
  /** Whether the browser has a connection at all. */
  declare isOnline: boolean

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.state = OFF_STATE
    this.isOnline = navigator.onLine
  }

  override connectedCallback(): void {
    super.connectedCallback()
    for (const change of CONNECTION) globalThis.addEventListener(change, this.#look)
    this.#look()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    for (const change of CONNECTION) globalThis.removeEventListener(change, this.#look)
  }

  override render() {
    const { state } = this
    const offline = this.isOnline ? null : offlineState(state, isLoopback(location.hostname))
    return offline === null
      ? this.#lines(state, shownOf(state), stateLine(state))
      : this.#lines(offline.state, 'offline', offline.line)
  }

  #lines(state: NodeState, kind: Kind, line: string) {
    // What the error says stands in full beside the button.
    const reason = state.reason === state.error?.message ? '' : reasonWords(state)
    const [name, classes] = ICONS[kind]
    return html`<p class="line" data-testid="state-line" data-kind=${kind}>
        ${icon(name, { classes, behind: kind === 'working' ? PULSE : null })}<span>${line}</span>
      </p>
      ${reason === '' ? nothing : html`<p class="reason">${reason}</p>`}
      <p class="unseen" role="status" aria-live="polite">${announcement(state)}</p>`
  }

  readonly #look = (): void => {
    this.isOnline = navigator.onLine
  }
}

customElements.define('cw-state-line', StateLine)

declare global {
  interface HTMLElementTagNameMap {
    'cw-state-line': StateLine
  }
}
