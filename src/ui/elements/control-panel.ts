// The one button, with what it starts: state, share of the GPU, whether to resume later. The button is one element that changes its
// name, so that keyboard focus stays where it was.
import { msg, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import type { NodeState } from '#node/state.ts'
import { formatPercent } from '#ui/format.ts'
import { OFF_STATE } from '#ui/session.ts'
import { DEFAULT_SHARE, MIN_SHARE } from '#ui/settings.ts'
import { baseStyles, buttonStyles } from '#ui/shared-styles.ts'
import { isOn } from '#ui/words.ts'
import { switchStyles } from './control-styles.ts'
import './state-line.ts'

/** What a click on Contribute says, and whether a person made it (the browser's word, which scripts cannot forge). */
export type ContributeDetail = { readonly gpuShare: number; readonly isKept: boolean; readonly isTrusted: boolean }

/** `<cw-control>`: fires `cw-contribute` ({@link ContributeDetail}), `cw-stop` and `cw-choose` ({@link ContributeDetail}). */
export class ControlPanel extends LitElement {
  static override properties = {
    state: { attribute: false },
    gpuShare: { type: Number },
    device: {},
    isKept: { type: Boolean },
    isKeepOffered: { type: Boolean },
    isShareLive: { type: Boolean },
  }
  static override styles = [
    baseStyles,
    buttonStyles,
    switchStyles,
    css`
      .share {
        display: grid;
        grid-template-columns: 1fr auto;
        gap: 4px 16px;
        margin-top: 16px;
        padding-top: 16px;
        border-top: 1px solid var(--line);
      }
      input[type='range'] {
        grid-column: 1 / -1;
        width: 100%;
        height: 24px;
        margin: 0;
        accent-color: var(--filament);
        cursor: pointer;
      }
      .share .note {
        grid-column: 1 / -1;
      }
      .keep {
        display: flex;
        align-items: flex-start;
        gap: 12px;
        margin-top: 12px;
        padding: 8px 0;
        cursor: pointer;
      }
      .keep input {
        flex: none;
        width: 18px;
        height: 18px;
        margin: 2px 0 0;
        accent-color: var(--filament);
      }
    `,
  ]

  declare state: NodeState
  declare gpuShare: number
  /** What is lent. */
  declare device: 'gpu' | 'processor'
  declare isKept: boolean
  declare isKeepOffered: boolean
  /** Whether the share can be changed while it runs. */
  declare isShareLive: boolean

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.state = OFF_STATE
    this.gpuShare = DEFAULT_SHARE
    this.device = 'gpu'
    this.isKept = false
    this.isKeepOffered = false
    this.isShareLive = false
  }

  override render() {
    const isRunning = isOn(this.state.phase)
    const choices = isRunning && !this.isShareLive ? nothing : this.#choices(!isRunning)
    return html`<div class="top"><cw-state-line .state=${this.state}></cw-state-line> ${this.#switch()}</div>
      ${choices}`
  }

  #switch() {
    const isRunning = isOn(this.state.phase)
    const isStopping = this.state.phase === 'stopping'
    return html`<button
      type="button"
      class="switch ${isRunning ? '' : 'primary'}"
      data-testid=${isRunning ? 'stop' : 'contribute'}
      aria-disabled=${isStopping ? 'true' : nothing}
      @click=${this.#press}
    >
      ${isRunning ? (isStopping ? msg('Stopping') : msg('Stop')) : msg('Contribute')}
    </button>`
  }

  #choices(isBefore: boolean) {
    const percent = Math.round(this.gpuShare * 100)
    return html`<div class="share">
        <label for="share">${shareLabel(this.device)}</label>
        <output for="share" class="figure">${formatPercent(percent / 100)}</output>
        <input
          id="share"
          type="range"
          min=${MIN_SHARE * 100}
          max="100"
          step="5"
          .value=${String(percent)}
          aria-describedby="share-note"
          aria-valuetext=${formatPercent(percent / 100)}
          @input=${this.#slide}
        />
        <p id="share-note" class="note">${msg('The most that is used. In between, it is yours.')}</p>
      </div>
      ${
        this.isKeepOffered && isBefore
          ? html`<label class="keep">
              <input type="checkbox" .checked=${this.isKept} @change=${this.#keep} />
              <span
                >${msg('Keep contributing when I come back')}<br /><span class="note"
                  >${msg('Starts by itself for 30 days, or until you stop.')}</span
                ></span
              >
            </label>`
          : nothing
      }`
  }

  readonly #press = (event: MouseEvent): void => {
    // The second click of a double-click would undo the first.
    if (event.detail > 1 || this.state.phase === 'stopping') return
    if (isOn(this.state.phase)) this.dispatchEvent(new CustomEvent('cw-stop', { bubbles: true, composed: true }))
    else this.#say('cw-contribute', event)
  }

  readonly #slide = (event: Event): void => {
    this.gpuShare = Number((event.target as HTMLInputElement).value) / 100
    this.#say('cw-choose', event)
  }

  readonly #keep = (event: Event): void => {
    this.isKept = (event.target as HTMLInputElement).checked
    this.#say('cw-choose', event)
  }

  #say(type: 'cw-contribute' | 'cw-choose', cause: Event): void {
    const detail: ContributeDetail = {
      gpuShare: this.gpuShare,
      isKept: this.isKept,
      isTrusted: cause.isTrusted,
    }
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }))
  }
}

function shareLabel(device: 'gpu' | 'processor'): string {
  return device === 'gpu' ? msg('Share of the GPU') : msg('Share of the processor')
}

customElements.define('cw-control', ControlPanel)

declare global {
  interface HTMLElementTagNameMap {
    'cw-control': ControlPanel
  }
}
