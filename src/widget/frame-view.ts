// What stands in the widget's frame: consent asked on our own origin, then the state, a figure or two, and Stop. It takes no orders
// from the page around it: a click counts only if a person made it on a button in plain sight.
import { LitElement, css, html, nothing } from 'lit'
import { systemClock } from '#core/clock.ts'
import type { NodeState } from '#node/state.ts'
import type { ContributeDetail } from '#ui/elements/control-panel.ts'
import '#ui/elements/control-panel.ts'
import { gpuSupport } from '#ui/elements/consent-facts.ts'
import { formatCredits, group } from '#ui/format.ts'
import type { ContributionSession } from '#ui/session.ts'
import { CONSENT_MS, DEFAULT_SHARE } from '#ui/settings.ts'
import { baseStyles, buttonStyles } from '#ui/shared-styles.ts'
import { isOn, problemOf } from '#ui/words.ts'
import type { FrameMessage } from './messages.ts'
import { watchSight } from './sight.ts'

/** `<cw-frame>`: give it a `session`, the `site` it stands on and `tell` before it is connected. */
export class FrameView extends LitElement {
  static override properties = {
    session: { attribute: false },
    site: { attribute: false },
    tell: { attribute: false },
    state: { state: true },
    gpuShare: { state: true },
    refusal: { state: true },
    isSeen: { type: Boolean, reflect: true, attribute: 'seen' },
  }
  static override styles = [
    baseStyles,
    buttonStyles,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 100vh;
        padding: 14px 16px 12px;
        border: 1px solid var(--line);
        border-radius: 12px;
        background: var(--surface);
      }
      header {
        display: flex;
        align-items: center;
        gap: 8px;
        margin-bottom: 8px;
        font-weight: 600;
      }
      header img {
        display: block;
      }
      .terms {
        font-size: var(--size-note);
        color: var(--muted);
      }
      cw-control {
        margin-top: 8px;
      }
      .refusal {
        font-size: var(--size-note);
        color: var(--fault);
      }
      dl {
        display: grid;
        grid-template-columns: 1fr 1fr;
        gap: 8px 16px;
        margin-top: 16px;
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
      footer {
        margin-top: auto;
        padding-top: 8px;
        font-size: var(--size-note);
      }
    `,
  ]

  declare session: ContributionSession | null
  declare site: string | null
  declare tell: (message: FrameMessage) => void
  declare state: NodeState | null
  declare gpuShare: number
  declare refusal: string
  /** Whether the whole box has been in plain sight for long enough that a click may count. */
  declare isSeen: boolean
  #endWatch = () => {}
  #unsubscribe = () => {}
  #wasOn = false
  #unitsTold = 0

  constructor() {
    super()
    this.session = null
    this.site = null
    this.tell = () => {}
    this.state = null
    this.gpuShare = DEFAULT_SHARE
    this.refusal = ''
    this.isSeen = false
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#endWatch = watchSight(this, (isSeen) => {
      this.isSeen = isSeen
    })
    this.state = this.session?.state ?? null
    this.#unsubscribe = this.session?.onChange((state) => this.#follow(state)) ?? this.#unsubscribe
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#endWatch()
    this.#unsubscribe()
  }

  override render() {
    const { state, site } = this
    if (state === null) return nothing
    return html`<header><img src="/mark.svg" width="20" height="20" alt="" />commonwatt</header>
      ${site === null ? noSite() : this.#body(state, site)}
      <footer><a href="/" target="_blank" rel="noopener">What runs, in full</a></footer>`
  }

  #body(state: NodeState, site: string) {
    const on = isOn(state.phase)
    const said = this.refusal || problem(state)
    return html`${on || said !== '' || state.units.length > 0 ? nothing : terms(site)}
      <p class="refusal" role="alert">${said}</p>
      <cw-control
        compact
        .state=${state}
        .gpuShare=${this.gpuShare}
        @cw-contribute=${this.#contribute}
        @cw-choose=${this.#choose}
        @cw-stop=${this.#stop}
      ></cw-control>
      ${on || state.units.length > 0 ? figures(state) : nothing}`
  }

  readonly #contribute = ({ detail }: CustomEvent<ContributeDetail>): void => {
    const { site, session } = this
    if (site === null || session === null) return
    if (!detail.isTrusted || !this.isSeen) {
      this.refusal =
        'Something covered this box when you clicked, so nothing was started. Click again when you see all of it.'
      return
    }
    this.refusal = ''
    this.gpuShare = detail.gpuShare
    this.tell({ type: 'commonwatt-consented' })
    void session.start({ gpuShare: detail.gpuShare, expiresMs: systemClock.nowMs() + CONSENT_MS, site })
  }

  readonly #choose = ({ detail }: CustomEvent<ContributeDetail>): void => {
    this.gpuShare = detail.gpuShare
  }

  readonly #stop = (): void => void this.session?.stop()

  #follow(state: NodeState): void {
    this.state = state
    if (state.unitsDone > this.#unitsTold) this.tell({ type: 'commonwatt-unit', unitsDone: state.unitsDone })
    this.#unitsTold = state.unitsDone
    const on = isOn(state.phase)
    if (this.#wasOn && !on) this.tell({ type: 'commonwatt-stopped' })
    this.#wasOn = on
  }
}

function terms(site: string) {
  const device = gpuSupport() === 'yes' ? 'GPU' : 'processor (no WebGPU here)'
  return html`<p class="terms">
    Lend part of your ${device} while you are on <strong>${new URL(site).host}</strong>. It multiplies numbers for
    others and reads no files. Other nodes see your network address. It ends when you stop it or leave.
  </p>`
}

function figures(state: NodeState) {
  return html`<dl>
    <div>
      <dt>Units done</dt>
      <dd class="figure" data-testid="units-done">${group(String(state.unitsDone))}</dd>
    </div>
    <div>
      <dt>Credit</dt>
      <dd class="figure" data-testid="credits">${formatCredits(state.creditedSession)}</dd>
    </div>
    <div class="wide">
      <dt>Device</dt>
      <dd data-testid="device">${state.device?.adapter ?? '–'}</dd>
    </div>
  </dl>`
}

function noSite() {
  return html`<p>Your browser does not say which site this box stands on, so nothing can be started here.</p>`
}

function problem({ error, phase }: NodeState): string {
  if (error === null) return ''
  const { what, next } = problemOf(error, phase)
  return `${what} ${next}`
}

customElements.define('cw-frame', FrameView)

declare global {
  interface HTMLElementTagNameMap {
    'cw-frame': FrameView
  }
}
