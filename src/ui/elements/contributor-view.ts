// The contributor's page. Before the click it says what would run; after it, from the top: state, the one button, credit and why,
// the picture, the day, the units, settings. It owns no node: a ContributionSession does.
import { msg, str, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, html, nothing } from 'lit'
import { systemClock } from '#core/clock.ts'
import { toErrorRecord } from '#core/errors.ts'
import type { GuestRules } from '#core/guest-rules.ts'
import type { NodeState } from '#node/state.ts'
import { formatDayAndTime, formatPercent } from '#ui/format.ts'
import { introText, introTitle } from '#ui/intro-words.ts'
import type { OpenBoard } from '#ui/record/board-port.ts'
import type { DeviceRecord } from '#ui/record/open-record.ts'
import type { ContributionSession } from '#ui/session.ts'
import {
  CONSENT_MS,
  DEFAULT_SETTINGS,
  KEPT_CONSENT_MS,
  type Settings,
  type SettingsStore,
  loadSettings,
  mayResume,
  saveSettings,
} from '#ui/settings.ts'
import { rulesLine } from '#ui/rules-words.ts'
import { baseStyles, buttonStyles } from '#ui/shared-styles.ts'
import { toldWords } from '#ui/told-words.ts'
import { nextFrame, nextTask } from '#ui/turns.ts'
import { isOn } from '#ui/words.ts'
import { type GpuSupport, gpuSupport } from './consent-facts.ts'
import { contributorStyles } from './contributor-styles.ts'
import type { ContributeDetail } from './control-panel.ts'
import { canOfferPasskey } from './passkey-card.ts'
import './beat-strip.ts'
import './control-panel.ts'
import './credit-panel.ts'
import './digest-text.ts'
import './grid-picture.ts'
import './guest-caps.ts'
import './lapse-note.ts'
import './problem-card.ts'
import { type ModelsPort } from './this-device.ts'
import './unit-list.ts'
import '#ui/languages/language-switch.ts'

const TICK_MS = 10_000

/** The page is first drawn from the top in so many tasks, none of them long. */
const PARTS = 3

/** `<cw-contributor>`: give it a `session` and a `store` before it is connected. */
export class ContributorView extends LitElement {
  static override properties = {
    session: { attribute: false },
    store: { attribute: false },
    models: { attribute: false },
    gpu: { attribute: false },
    record: { attribute: false },
    board: { attribute: false },
    state: { state: true },
    settings: { state: true },
    nowMs: { state: true },
    capsProblem: { state: true },
    drawn: { state: true },
  }
  static override styles = [baseStyles, buttonStyles, contributorStyles]

  declare session: ContributionSession | null
  declare store: SettingsStore | null
  /** How to get at the models that this browser keeps; null where there are none to show. */
  declare models: ModelsPort | null
  declare gpu: GpuSupport
  /** What this device did before; null until it is there, `coming` while a browser that has one reads it. */
  declare record: DeviceRecord | 'coming' | null
  /** How to get at the leaderboard; null where there is none. */
  declare board: OpenBoard | null
  declare state: NodeState | null
  declare settings: Settings
  declare nowMs: number
  /** Why a change of the caps did not count, in words. */
  declare capsProblem: string
  /** Of {@link PARTS}, those that are there. */
  declare drawn: number
  #isResumed = false
  #expiresMs = 0
  #isWhole = false
  #unsubscribe = () => {}
  #ticker: ReturnType<typeof setInterval> | undefined

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.session = null
    this.store = null
    this.models = null
    this.gpu = gpuSupport()
    this.record = null
    this.board = null
    this.state = null
    this.settings = DEFAULT_SETTINGS
    this.nowMs = systemClock.nowMs()
    this.capsProblem = ''
    this.drawn = 1
  }

  override connectedCallback(): void {
    super.connectedCallback()
    const { session } = this
    if (session === null) return
    this.settings = loadSettings(this.store)
    this.state = session.state
    this.#unsubscribe = session.onChange((state) => {
      this.state = state
    })
    // Ages are coarse: the strip and the list are not drawn anew for every change of a busy node.
    this.#ticker = setInterval(() => {
      this.nowMs = systemClock.nowMs()
    }, TICK_MS)
    if (mayResume(this.settings, systemClock.nowMs())) this.#resume(session)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#unsubscribe()
    clearInterval(this.#ticker)
  }

  // A busy node changes its state hundreds of times a second; the page draws at most once a frame, and rarely while nobody looks.
  protected override async scheduleUpdate(): Promise<void> {
    if (this.hasUpdated) await (this.#isWhole ? nextFrame() : nextTask())
    await super.scheduleUpdate()
  }

  protected override updated(): void {
    this.#isWhole = this.drawn === PARTS
    if (this.state !== null && !this.#isWhole) this.drawn += 1
  }

  override render() {
    const { state, drawn } = this
    if (state === null) return nothing
    const isFresh = !isOn(state.phase) && state.units.length === 0 && state.node === null
    return html`<div class="page ${isFresh ? 'before' : 'after'}">
      <header><img src="/mark.svg" width="28" height="28" alt="" />commonwatt</header>
      <main class="columns">
        <div class="main">
          ${isFresh ? intro() : html`<h1 class="unseen">${msg('Your contribution')}</h1>`} ${this.#control(state)}
          ${isFresh ? nothing : html`<cw-credit class="block" .state=${state}></cw-credit>`}
        </div>
        <div class="side">${drawn < 2 ? nothing : isFresh ? this.#facts() : this.#live(state)}</div>
        ${drawn < PARTS ? nothing : this.#below(state, isFresh)}
      </main>
      ${drawn < PARTS ? nothing : links()}
    </div>`
  }

  #below(state: NodeState, isFresh: boolean) {
    return html`${this.#past(state, isFresh)} ${isFresh ? nothing : this.#settings(state)}
      <cw-this-device class="block" .state=${state} .models=${this.models}></cw-this-device>`
  }

  #control(state: NodeState) {
    const { settings } = this
    return html`<section class="control" aria-label=${msg('Contribution')}>
        <cw-control
          .state=${this.#explained(state)}
          .gpuShare=${settings.gpuShare}
          .isKept=${settings.isKept}
          .isKeepOffered=${true}
          .isShareLive=${state.phase !== 'starting' && state.phase !== 'stopping'}
          .device=${this.gpu === 'yes' ? 'gpu' : 'processor'}
          @cw-contribute=${this.#contribute}
          @cw-choose=${this.#choose}
          @cw-stop=${this.#stop}
        ></cw-control>
        ${this.drawn < 2 ? nothing : html`<cw-caps .rules=${settings.rules} @cw-rules=${this.#chooseRules}></cw-caps>`}
        <p class="note" role="alert">${this.capsProblem}</p>
      </section>
      <cw-problem .state=${state}></cw-problem>
      <cw-lapse
        .consentMs=${isOn(state.phase) ? this.#expiresMs : 0}
        .delegatedUntilMs=${isOn(state.phase) ? state.delegatedUntilMs : null}
        .protect=${this.#protect}
        @cw-extend=${this.#extend}
      ></cw-lapse>
      ${this.#passkey(state)}`
  }

  #passkey(state: NodeState) {
    const isUp = isOn(state.phase) && state.phase !== 'starting' && state.phase !== 'stopping'
    const isOffered =
      isUp && state.node !== null && state.tier === 0 && !this.settings.isPasskeyDismissed && canOfferPasskey()
    return isOffered
      ? html`<cw-passkey .protect=${this.#protect} @cw-passkey-dismissed=${this.#dismissPasskey}></cw-passkey>`
      : nothing
  }

  #facts() {
    return html`<section class="block" aria-labelledby="facts">
      <h2 id="facts" class="unseen">${msg('Before you click')}</h2>
      <cw-facts
        .gpu=${this.gpu}
        .percent=${Math.round(this.settings.gpuShare * 100)}
        .isKept=${this.settings.isKept}
      ></cw-facts>
    </section>`
  }

  #live(state: NodeState) {
    return html`<cw-grid class="block" .state=${state}></cw-grid>
      <cw-beats class="block" .beats=${state.beats} .nowMs=${this.nowMs}></cw-beats>`
  }

  /** What this device did; the session's units alone where the browser keeps no record. */
  #past(state: NodeState, isFresh: boolean) {
    const { record, nowMs } = this
    if (record !== null)
      return html`<cw-record
        class="block past"
        .record=${record === 'coming' ? null : record}
        .state=${state}
        .nowMs=${nowMs}
        .board=${this.board}
      ></cw-record>`
    return isFresh ? nothing : html`<cw-units class="block" .units=${state.units} .nowMs=${nowMs}></cw-units>`
  }

  #settings(state: NodeState) {
    const { gpuShare, isKept, rules } = this.settings
    return html`<section class="block settings" aria-labelledby="settings">
      <h2 id="settings">${msg('Settings')}</h2>
      <dl>
        <dt class="muted">${msg('Share of the GPU')}</dt>
        <dd class="figure">${formatPercent(gpuShare)}</dd>
        <dt class="muted">${msg('Works')}</dt>
        <dd>${rulesLine(rules)}</dd>
        ${isOn(state.phase) && this.#expiresMs > 0 ? ends(this.#expiresMs) : nothing}
        <dt class="muted">${msg('When you come back')}</dt>
        <dd>${isKept ? msg('goes on by itself') : msg('asks you again')}</dd>
        <dt class="muted">${msg('Your key')}</dt>
        <dd>
          ${state.node === null ? '–' : html`<cw-digest .value=${state.node} label=${msg('Copy the public key')}></cw-digest>`}
        </dd>
        <dt class="muted">${msg('Passkey')}</dt>
        <dd>${this.#passkeyState(state)}</dd>
      </dl>
      <p class="note">${msg('The choices below the button change these, also while it runs.')}</p>
    </section>`
  }

  #passkeyState(state: NodeState) {
    if (state.tier > 0) return msg(str`protects your key (tier ${state.tier})`)
    const canReoffer = this.settings.isPasskeyDismissed && canOfferPasskey()
    return canReoffer
      ? html`${msg('none')} <button class="quiet" type="button" @click=${this.#offerPasskey}>${msg('Add one')}</button>`
      : msg('none')
  }

  /** The state with the reason that only the page knows. */
  #explained(state: NodeState): NodeState {
    if (state.phase === 'off') return { ...state, reason: state.reason || msg('Nothing runs until you click.') }
    // That it computes is in the line already.
    const isPlain = state.reason === '' || state.step === 'computing'
    if (!isOn(state.phase) || !isPlain) return state
    const share = formatPercent(this.settings.gpuShare)
    const reason = this.#isResumed
      ? msg(str`Resumed, because you chose to keep contributing. At most ${share} of your device.`)
      : msg(str`At most ${share} of your device.`)
    return { ...state, step: null, reason }
  }

  readonly #contribute = (event: CustomEvent<ContributeDetail>): void => {
    const { gpuShare, isKept } = event.detail
    const nowMs = systemClock.nowMs()
    const expiresMs = nowMs + (isKept ? KEPT_CONSENT_MS : CONSENT_MS)
    this.#isResumed = false
    this.#save({ ...this.settings, gpuShare, isKept, resumeUntilMs: isKept ? expiresMs : 0 })
    this.#expiresMs = expiresMs
    this.capsProblem = ''
    void this.session?.start({ gpuShare, expiresMs, site: null, rules: this.settings.rules })
  }

  readonly #choose = (event: CustomEvent<ContributeDetail>): void => {
    const { gpuShare, isKept } = event.detail
    this.#save({ ...this.settings, gpuShare, isKept })
    this.#changeCaps()
  }

  readonly #chooseRules = ({ detail }: CustomEvent<GuestRules>): void => {
    this.#save({ ...this.settings, rules: detail })
    this.#changeCaps()
  }

  /** What runs is held to the new caps at once; its end stays. */
  #changeCaps(): void {
    if (this.state === null || !isOn(this.state.phase)) return
    const { gpuShare, rules } = this.settings
    this.capsProblem = ''
    this.session?.changeConsent({ gpuShare, expiresMs: this.#expiresMs, site: null, rules }).catch((error: unknown) => {
      this.capsProblem = msg(str`The change did not reach your device. ${toldWords(toErrorRecord(error).message)}`)
    })
  }

  /** The click on the note that the consent ends is a consent of its own. */
  readonly #extend = (): void => {
    const { isKept } = this.settings
    this.#expiresMs = systemClock.nowMs() + CONSENT_MS
    this.#save({ ...this.settings, resumeUntilMs: isKept ? this.#expiresMs : 0 })
    this.#changeCaps()
  }

  readonly #stop = (): void => {
    this.#save({ ...this.settings, resumeUntilMs: 0 })
    void this.session?.stop()
  }

  readonly #protect = (): Promise<void> => this.session?.protectWithPasskey() ?? Promise.resolve()

  readonly #dismissPasskey = (): void => this.#save({ ...this.settings, isPasskeyDismissed: true })

  readonly #offerPasskey = (): void => this.#save({ ...this.settings, isPasskeyDismissed: false })

  #resume(session: ContributionSession): void {
    const { gpuShare, resumeUntilMs, rules } = this.settings
    this.#isResumed = true
    this.#expiresMs = resumeUntilMs
    void session.start({ gpuShare, expiresMs: resumeUntilMs, site: null, rules })
  }

  #save(settings: Settings): void {
    this.settings = settings
    saveSettings(this.store, settings)
  }
}

function intro() {
  return html`<div class="intro">
    <h1>${introTitle()}</h1>
    <p>${introText()}</p>
  </div>`
}

/** When the consent ends, which is not moved by changing its caps. */
function ends(expiresMs: number) {
  return html`<dt class="muted">${msg('Ends')}</dt>
    <dd class="figure">${formatDayAndTime(expiresMs)}</dd>`
}

function links() {
  return html`<footer>
    <span class="muted">${msg('This grid in public:')}</span>
    <a href="/explorer">${msg('The log, checked by your browser')}</a>
    <a href="/api/v1/network">${msg('Network')}</a>
    <a href="/api/v1/nodes">${msg('Nodes')}</a>
    <cw-languages></cw-languages>
  </footer>`
}

customElements.define('cw-contributor', ContributorView)

declare global {
  interface HTMLElementTagNameMap {
    'cw-contributor': ContributorView
  }
}
