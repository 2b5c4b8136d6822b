// The state line: is it on, what is it doing. Shown with a sign beside the words, and said aloud when the phase changes.
import { updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, type TemplateResult, css, html, nothing, svg } from 'lit'
import type { NodeState } from '#node/state.ts'
import { isLoopback } from '#ui/loopback.ts'
import { OFF_STATE } from '#ui/session.ts'
import { baseStyles } from '#ui/shared-styles.ts'
import { offlineState } from '#ui/offline-words.ts'
import { type Shown, announcement, reasonWords, shownOf, stateLine } from '#ui/words.ts'
import { stateStyles } from './control-styles.ts'

/** What has a sign of its own: what the node is, and a browser without a connection. */
type Kind = Shown | 'offline'

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
      .ring {
        fill: none;
        stroke: var(--filament);
        stroke-width: 2;
      }
      .live {
        fill: var(--filament);
        stroke: var(--filament);
      }
      .fault {
        fill: var(--fault);
      }
      .pulse {
        fill: none;
        stroke: var(--filament);
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
    return html`<p class="line" data-testid="state-line" data-kind=${kind}>
        <svg viewBox="0 0 16 16" aria-hidden="true">${sign(kind)}</svg><span>${line}</span>
      </p>
      ${reason === '' ? nothing : html`<p class="reason">${reason}</p>`}
      <p class="unseen" role="status" aria-live="polite">${announcement(state)}</p>`
  }

  readonly #look = (): void => {
    this.isOnline = navigator.onLine
  }
}

function sign(kind: Kind): TemplateResult {
  switch (kind) {
    case 'off':
      return svg`<circle class="rest" cx="8" cy="8" r="6" />`
    case 'paused':
      return svg`<path class="live" stroke-width="1" d="M3.5 2.5h3v11h-3zM9.5 2.5h3v11h-3z" />`
    case 'hidden':
      return svg`<path class="rest" d="M1 6c3.5 5 10.5 5 14 0M8 9.8v3M3.6 8.4 2 11M12.4 8.4 14 11" />`
    case 'offline':
      return svg`<circle class="rest" cx="8" cy="8" r="6" /><path class="rest" d="m2 14 12-12" />`
    case 'attention':
      return svg`<path class="fault" d="M8 1 16 15H0zM7 6v4h2V6zm0 5v2h2v-2z" fill-rule="evenodd" />`
    case 'working':
      return svg`<circle class="pulse" cx="8" cy="8" r="8" /><circle class="live" cx="8" cy="8" r="5" />`
    case 'throttled':
      return svg`<circle class="ring" cx="8" cy="8" r="6" /><path class="live" d="M2.5 8h11a5.5 5.5 0 0 1-11 0z" />`
    case 'waiting':
      return svg`<circle class="live" cx="8" cy="8" r="5" />`
    case 'starting':
    case 'reconnecting':
    case 'stopping':
      return svg`<circle class="live" fill="none" fill-opacity="0" stroke-width="2" stroke-dasharray="4 3" cx="8" cy="8" r="6" />`
  }
}

customElements.define('cw-state-line', StateLine)

declare global {
  interface HTMLElementTagNameMap {
    'cw-state-line': StateLine
  }
}
