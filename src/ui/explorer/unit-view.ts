// A unit's page: what it was, every check of its certificate, the button that computes it again, and how it came about.
import { msg, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, type TemplateResult, css, html, nothing } from 'lit'
import type { ExplorerApi, UnitCheck, UnitVerdict } from '#sdk/explore/explorer.ts'
import type { LogState } from '#sdk/explore/log-reader.ts'
import type { RecomputeEnd } from '#sdk/explore/recompute-unit.ts'
import type { UnitName, UnitRecord } from '#sdk/explore/unit-lookup.ts'
import { UNIT_CHECKS } from '#sdk/explore/unit-check-order.ts'
import { toErrorRecord } from '#core/errors.ts'
import { baseStyles, buttonStyles } from '#ui/shared-styles.ts'
import './alarm-card.ts'
import './check-list.ts'
import { failedSentence } from './check-words.ts'
import { explorerStyles } from './explorer-styles.ts'
import { figure, pageFooter, pageHeader, sign } from './page-frame.ts'
import './recompute-panel.ts'
import { isId } from './route.ts'
import './trouble-card.ts'
import { type Trouble, troubleOf } from './trouble.ts'
import './unit-story.ts'
import { passedWords, pendingWords, stateWords, unitTitle } from './unit-words.ts'

/** A unit without a certificate is looked at again this often. */
const ASK_AGAIN_MS = 2_000

/** Secrets that are not revealed are asked for this often. */
const SECRET_MS = 10_000

/** Lines of the list of checks that one frame adds. The first frame draws what stands above it, and the story comes after the last. */
const LINES_A_FRAME = 5
const LIST_FRAMES = 1 + Math.ceil(UNIT_CHECKS.length / LINES_A_FRAME)

/** An address may name anything: that much of it is shown. */
const MAX_ID_CHARS = 64

/** `<cw-unit .api=… .name=…>`. */
export class UnitView extends LitElement {
  static override properties = {
    api: { attribute: false },
    name: { attribute: false },
    record: { state: true },
    log: { state: true },
    checks: { state: true },
    verdict: { state: true },
    trouble: { state: true },
    isMissing: { state: true },
    again: { state: true },
    drawn: { state: true },
  }
  static override styles = [
    baseStyles,
    buttonStyles,
    explorerStyles,
    css`
      .verdict {
        margin-top: 16px;
        min-height: 28px;
        font-size: var(--size-lead);
        font-weight: 600;
      }
      .verdict svg.sign {
        width: 16px;
        height: 16px;
      }
      @media (min-width: 1100px) {
        .columns {
          grid-template-rows: auto 1fr;
        }
        .columns > * {
          grid-column: 1;
        }
        .columns > .checks {
          grid-area: 1 / 2 / -1;
        }
      }
      .checks .note {
        margin-top: 12px;
      }
      cw-checks {
        margin-top: 8px;
      }
      .empty p + p {
        margin-top: 8px;
      }
      .empty p {
        overflow-wrap: anywhere;
      }
    `,
  ]

  declare api: ExplorerApi | null
  declare name: UnitName | null
  declare record: UnitRecord | null
  declare log: LogState | null
  declare checks: readonly UnitCheck[]
  declare verdict: UnitVerdict | null
  declare trouble: Trouble | null
  declare isMissing: boolean
  /** How the visitor's own recomputation ended. */
  declare again: RecomputeEnd | null
  /** Frames that were drawn of the unit: each adds a little, from above, so that none takes long and nothing moves. */
  declare drawn: number
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.api = null
    this.name = null
    this.record = null
    this.log = null
    this.checks = []
    this.verdict = null
    this.trouble = null
    this.isMissing = false
    this.again = null
    this.drawn = 0
  }

  override connectedCallback(): void {
    super.connectedCallback()
    void this.#open()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearTimeout(this.#timer)
  }

  protected override willUpdate(): void {
    document.title = msg('Unit · Commonwatt')
  }

  protected override updated(): void {
    if (this.record === null || this.drawn > LIST_FRAMES) return
    requestAnimationFrame(() => {
      this.drawn++
    })
  }

  override render() {
    return html`<div class="page">
      ${pageHeader(false)}
      <main>
        <cw-alarm .alarm=${this.log?.alarm ?? null} @cw-begin-anew=${this.#beginAnew}></cw-alarm>
        <h1 data-testid="what">${this.#title()}</h1>
        ${this.#verdictLine()}
        <cw-trouble
          class="block"
          ?hidden=${this.trouble === null}
          .trouble=${this.trouble}
          canRetry
          @cw-retry=${this.#retry}
        ></cw-trouble>
        ${this.#body()}
      </main>
      ${pageFooter()}
    </div>`
  }

  #title(): string {
    if (this.isMissing) return msg('There is no such unit here')
    const { record } = this
    if (record === null) return this.trouble === null ? msg('Fetching the unit …') : msg('The unit cannot be shown')
    return unitTitle(record)
  }

  #verdictLine() {
    const { record, verdict, checks, again } = this
    if (record?.certificate == null) return nothing
    const failed = checks.find(({ reason }) => reason !== '')
    const isWrong = again !== null && again.different.length + again.problems.length > 0
    let words: TemplateResult
    if (failed !== undefined) words = html`${sign('bad')}<span class="bad">${failedSentence(failed.check)}</span>`
    else if (verdict === null) words = html`${sign('wait')}<span>${msg('Checking …')}</span>`
    else if (isWrong)
      words = html`${sign('bad')}<span class="bad"
          >${msg('Every check passes, and yet your device gets another result.')}</span
        >`
    else if (again !== null && again.same > 0)
      words = html`${sign('good')}<span>${msg('All checks passed, and your device gets the same result.')}</span>`
    else words = html`${sign('good')}<span>${passedWords(checks.length)}</span>`
    return html`<p class="verdict line" role="status" data-testid="verdict">${words}</p>`
  }

  #body() {
    const { record } = this
    if (this.isMissing) return missing(this.name)
    if (record === null || this.drawn === 0) return nothing
    return html`<div class="columns">
      <div class="block">
        ${
          record.certificate === null
            ? uncertified(record)
            : html`<cw-recompute
                .api=${this.api}
                .facts=${record.facts}
                @cw-recomputed=${this.#recomputed}
              ></cw-recompute>`
        }
      </div>
      ${record.certificate === null ? nothing : this.#checked()}
      ${this.drawn > LIST_FRAMES || record.certificate === null ? this.#story(record) : nothing}
    </div>`
  }

  #story(record: UnitRecord) {
    return html`<div class="block">
      <cw-unit-story .api=${this.api} .record=${record} coordinator=${this.log?.coordinator ?? ''}></cw-unit-story>
      <p class="note block">
        ${msg('Inputs and result are named here and not shown. Whoever has their ids can fetch them for as long as the coordinator keeps them, as you do when you compute the unit again.')}
      </p>
    </div>`
  }

  #checked() {
    const { verdict } = this
    return html`<section class="block checks" aria-labelledby="checks">
      <h2 id="checks">${msg('Checked by your browser')}</h2>
      <cw-checks
        .checks=${this.checks}
        .verdict=${verdict}
        .shown=${this.drawn > LIST_FRAMES ? Infinity : (this.drawn - 1) * LINES_A_FRAME}
      ></cw-checks>
      ${
        verdict !== null && verdict.pendingEpochs.length > 0
          ? html`<p class="note" data-testid="pending-draws">${pendingWords(verdict.pendingEpochs)}</p>`
          : nothing
      }
    </section>`
  }

  async #open(): Promise<void> {
    clearTimeout(this.#timer)
    const { api, name } = this
    if (api === null || name === null) return
    this.trouble = null
    if (!isId(name.id)) {
      this.isMissing = true
      return
    }
    try {
      this.record = await api.openUnit(name)
      this.log = await api.look()
      if (this.record.certificate !== null) await this.#check(api)
      else if (this.record.state !== 'failed') this.#timer = setTimeout(() => void this.#open(), ASK_AGAIN_MS)
    } catch (error) {
      this.isMissing = toErrorRecord(error).name === 'coordinator.NotFound' && this.record === null
      if (!this.isMissing) this.trouble = troubleOf(error, 'unit')
    }
  }

  async #check(api: ExplorerApi): Promise<void> {
    this.checks = []
    this.verdict = null
    this.verdict = await api.checkUnit((check) => {
      this.checks = [...this.checks, check]
    })
    this.#awaitSecrets(api)
  }

  /** Makes all checks again, out of sight, until no draw waits for its secret. */
  #awaitSecrets(api: ExplorerApi): void {
    if (this.verdict?.isValid !== true || this.verdict.pendingEpochs.length === 0) return
    this.#timer = setTimeout(() => void this.#checkUnseen(api), SECRET_MS)
  }

  async #checkUnseen(api: ExplorerApi): Promise<void> {
    const checks: UnitCheck[] = []
    try {
      this.verdict = await api.checkUnit((check) => checks.push(check))
      this.checks = checks
    } catch {
      // What was checked before stays; it is tried again.
    }
    this.#awaitSecrets(api)
  }

  readonly #recomputed = (event: CustomEvent<RecomputeEnd>): void => {
    this.again = event.detail
  }

  readonly #retry = (): void => void this.#open()

  readonly #beginAnew = async (): Promise<void> => {
    this.log = (await this.api?.beginAnew()) ?? null
    await this.#open()
  }
}

function uncertified({ state }: UnitRecord) {
  const [what, next] = stateWords(state)
  return html`<section class="card empty" data-testid="uncertified" data-state=${state}>
    <p class="line">${sign(state === 'failed' ? 'bad' : 'wait')}<span>${what}</span></p>
    <p>${next}</p>
  </section>`
}

function missing(name: UnitName | null) {
  const id = figure(name?.id.slice(0, MAX_ID_CHARS) ?? '')
  return html`<section class="card empty block" data-testid="missing">
    <p>
      ${name?.by === 'certificate' ? msg(html`This coordinator knows no certificate ${id}.`) : msg(html`This coordinator knows no unit ${id}.`)}
    </p>
    <p>
      ${msg('A unit’s id has 64 digits, from a certificate, a receipt or a node’s list of units. It may also be another network’s.')}
      <a href="/explorer">${msg('Every receipt in the log leads to its unit.')}</a>
    </p>
  </section>`
}

customElements.define('cw-unit', UnitView)

declare global {
  interface HTMLElementTagNameMap {
    'cw-unit': UnitView
  }
}
