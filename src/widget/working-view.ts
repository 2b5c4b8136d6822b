// The node in the widget's box: the state line, what went wrong and what to do, and a figure or two. The button is the box's.
import { msg, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import type { NodeState } from '#node/state.ts'
import '#ui/elements/state-line.ts'
import { formatCount, formatCredits } from '#ui/format.ts'
import type { ContributionSession } from '#ui/session.ts'
import { baseStyles } from '#ui/shared-styles.ts'
import { isOn, problemOf } from '#ui/words.ts'

/** `<cw-working>`: give it a `session` before it is connected. */
export class WorkingView extends LitElement {
  static override properties = {
    session: { attribute: false },
    state: { state: true },
  }
  static override styles = [
    baseStyles,
    css`
      .problem {
        font-size: var(--size-note);
        color: var(--fault);
      }
      dl {
        display: grid;
        grid-template-columns: 1fr 1fr;
        gap: 8px 16px;
        margin-top: 12px;
      }
      dt {
        font-size: var(--size-note);
        color: var(--muted);
      }
      dd {
        overflow-wrap: anywhere;
      }
      .wide {
        grid-column: 1 / -1;
      }
    `,
  ]

  declare session: ContributionSession | null
  declare state: NodeState | null
  #unsubscribe = () => {}

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.session = null
    this.state = null
  }

  override connectedCallback(): void {
    super.connectedCallback()
    const { session } = this
    if (session === null) return
    this.state = session.state
    this.#unsubscribe = session.onChange((state) => {
      this.state = state
    })
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#unsubscribe()
  }

  override render() {
    const { state } = this
    if (state === null) return nothing
    const said = problem(state)
    return html`<cw-state-line .state=${state}></cw-state-line>
      ${said === '' ? nothing : html`<p class="problem" role="alert">${said}</p>`}
      ${isOn(state.phase) || state.units.length > 0 ? figures(state) : nothing}`
  }
}

function figures(state: NodeState) {
  return html`<dl>
    <div>
      <dt>${msg('Units done')}</dt>
      <dd class="figure" data-testid="units-done">${formatCount(state.unitsDone)}</dd>
    </div>
    <div>
      <dt>${msg('Credit')}</dt>
      <dd class="figure" data-testid="credits">${formatCredits(state.creditedSession)}</dd>
    </div>
    <div class="wide">
      <dt>${msg('Device')}</dt>
      <dd data-testid="device">${state.device?.adapter ?? '–'}</dd>
    </div>
  </dl>`
}

function problem({ error, phase }: NodeState): string {
  if (error === null) return ''
  const { what, next } = problemOf(error, phase)
  return `${what} ${next}`
}

customElements.define('cw-working', WorkingView)

declare global {
  interface HTMLElementTagNameMap {
    'cw-working': WorkingView
  }
}
