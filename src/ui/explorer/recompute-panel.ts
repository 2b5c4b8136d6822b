// "Compute it again": the visitor's own device computes the unit, and its parts turn green or red one by one.
import { msg, str, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, type TemplateResult, css, html, nothing, svg } from 'lit'
import type { ExplorerApi } from '#sdk/explore/explorer.ts'
import type { DeviceFacts, RecomputeEnd, RecomputeStep } from '#sdk/explore/recompute-unit.ts'
import type { UnitFacts } from '#sdk/explore/unit-lookup.ts'
import { baseStyles, buttonStyles } from '#ui/shared-styles.ts'
import { failedSentence } from './check-words.ts'
import { paragraph } from './counts.ts'
import { explorerStyles } from './explorer-styles.ts'
import { asTold, sign } from './page-frame.ts'
import { type PartCell, type PartState, partCells } from './part-cells.ts'
import {
  boundsSentence,
  cellsWords,
  comparedWords,
  deviceSentence,
  differentSentence,
  fetchedSentence,
  invitation,
  sameSentence,
} from './recompute-words.ts'
import './trouble-card.ts'
import { type Trouble, troubleOf } from './trouble.ts'

/** The steps of a fast device are drawn at most this often. */
const DRAW_MS = 60

/** `<cw-recompute .api=… .facts=…>`: fires `cw-recomputed` with the {@link RecomputeEnd}. */
export class RecomputePanel extends LitElement {
  static override properties = {
    api: { attribute: false },
    facts: { attribute: false },
    phase: { state: true },
    drawn: { state: true },
    trouble: { state: true },
  }
  static override styles = [
    baseStyles,
    buttonStyles,
    explorerStyles,
    css`
      .top {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: 12px 24px;
      }
      .top > div {
        flex: 1 1 260px;
      }
      h2 {
        font-size: var(--size-lead);
      }
      button {
        min-width: 184px;
      }
      .cells {
        display: flex;
        flex-wrap: wrap;
        gap: 4px;
        margin-top: 16px;
      }
      .cells svg {
        width: 16px;
        height: 16px;
      }
      .open {
        fill: none;
        stroke: var(--edge);
      }
      .same {
        fill: var(--agreed);
      }
      .different {
        fill: var(--fault);
      }
      .cross {
        stroke: var(--surface);
        stroke-width: 2;
      }
      .outcome {
        margin-top: 12px;
        min-height: 24px;
        font-weight: 600;
      }
      .detail {
        margin-top: 4px;
        min-height: 20px;
        overflow-wrap: anywhere;
      }
      cw-trouble {
        margin-top: 16px;
      }
      @media (max-width: 480px) {
        button {
          width: 100%;
        }
      }
    `,
  ]

  declare api: ExplorerApi | null
  declare facts: UnitFacts | null
  declare phase: 'idle' | 'running' | 'done' | 'stopped' | 'failed'
  /** Counts drawings: what is drawn is in the fields below. */
  declare drawn: number
  declare trouble: Trouble | null
  #parts: PartState[] = []
  #device: DeviceFacts | null = null
  #fetched = 0
  #end: RecomputeEnd | null = null
  #drawing: ReturnType<typeof setTimeout> | undefined

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.api = null
    this.facts = null
    this.phase = 'idle'
    this.drawn = 0
    this.trouble = null
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearTimeout(this.#drawing)
    void this.api?.stop()
  }

  override render() {
    const { facts, phase } = this
    if (facts === null) return nothing
    const parts = this.#parts.length === 0 ? Array.from({ length: facts.parts }, (): PartState => 'open') : this.#parts
    return html`<section class="card" aria-labelledby="again" data-testid="recompute" data-phase=${phase}>
      <div class="top">
        <div>
          <h2 id="again">${msg('Do not believe it, compute it')}</h2>
          <p class="note">${invitation(facts)}</p>
        </div>
        <button
          type="button"
          class=${phase === 'running' ? '' : 'primary'}
          data-testid="compute-again"
          @click=${this.#press}
        >
          ${phase === 'running' ? msg('Stop') : msg('Compute it again')}
        </button>
      </div>
      <div class="cells" role="img" aria-label=${cellsWords(parts)}>${partCells(parts).map(cell)}</div>
      <p class="outcome line" role="status" data-testid="recompute-outcome">${this.#outcome(parts, facts)}</p>
      <p class="detail note" data-testid="recompute-device">${this.#detail()}</p>
      <cw-trouble ?hidden=${this.trouble === null} .trouble=${this.trouble}></cw-trouble>
    </section>`
  }

  #outcome(parts: readonly PartState[], facts: UnitFacts) {
    const done = parts.filter((state) => state !== 'open').length
    switch (this.phase) {
      case 'idle':
        return nothing
      case 'running':
        return html`${sign('wait')}<span>${done === 0 ? msg('Computing …') : comparedWords(done, parts.length)}</span>`
      case 'stopped':
        return html`<span>${msg('Stopped. Nothing was found wrong so far.')}</span>`
      case 'failed':
        return html`<span>${msg('It could not be computed here.')}</span>`
      case 'done':
        return this.#end === null ? nothing : endWords(this.#end, facts)
    }
  }

  #detail() {
    if (this.#device === null) return this.phase === 'running' ? msg('Testing what this device can do …') : nothing
    const { note } = this.#device
    const sentences = [deviceSentence(this.#device)]
    if (this.#fetched > 0) sentences.push(fetchedSentence(this.#fetched))
    return html`${paragraph(sentences)} ${note === '' ? nothing : asTold(note)}`
  }

  readonly #press = async (): Promise<void> => {
    const { api, facts } = this
    if (api === null || facts === null) return
    if (this.phase === 'running') {
      this.phase = 'stopped'
      await api.stop()
      return
    }
    this.#parts = Array.from({ length: facts.parts }, (): PartState => 'open')
    this.#device = null
    this.#fetched = 0
    this.#end = null
    this.trouble = null
    this.phase = 'running'
    try {
      const end = await api.recompute((step) => this.#take(step))
      if (!this.#isRunning()) return
      this.#end = end
      // Steps come by a way of their own: the last ones may be later than the end, which knows them all.
      this.#parts = partsAtEnd(end, this.#parts)
      this.phase = 'done'
      this.dispatchEvent(new CustomEvent('cw-recomputed', { detail: end, bubbles: true, composed: true }))
    } catch (error) {
      if (!this.#isRunning()) return
      this.phase = 'failed'
      this.trouble = troubleOf(error, 'recompute')
    }
  }

  /** Asked again after a pause: a stop may have come meanwhile. */
  #isRunning(): boolean {
    return this.phase === 'running'
  }

  #take(step: RecomputeStep): void {
    if (!this.#isRunning()) return
    if (step.step === 'device') this.#device = step.device
    if (step.step === 'fetched') this.#fetched = step.bytes
    if (step.step === 'part') this.#parts[step.part] = step.isSame ? 'same' : 'different'
    this.#drawing ??= setTimeout(() => {
      this.#drawing = undefined
      this.drawn++
    }, DRAW_MS)
  }
}

/** What is known of each part when all are compared; where some were not, what was told of them before. */
function partsAtEnd({ same, different }: RecomputeEnd, told: readonly PartState[]): PartState[] {
  if (same + different.length < told.length) return [...told]
  const wrong = new Set(different)
  return told.map((_, part) => (wrong.has(part) ? 'different' : 'same'))
}

function endWords({ same, different, problems }: RecomputeEnd, { comparison }: UnitFacts): TemplateResult {
  const [first] = different
  if (first !== undefined)
    return html`${sign('bad')}<span class="bad"
        >${differentSentence(different.length, same + different.length, first)}</span
      >`
  const [problem] = problems
  if (problem !== undefined)
    return html`${sign('bad')}<span class="bad">${failedSentence(problem.check)} ${asTold(problem.reason)}</span>`
  return html`${sign('good')}<span class="good"
      >${comparison === 'exact' ? sameSentence(same) : boundsSentence(same)}</span
    >`
}

function cell({ from, to, state }: PartCell) {
  const title = from === to ? msg(str`Part ${from}`) : msg(str`Parts ${from} to ${to}`)
  return html`<svg viewBox="0 0 16 16">
    <title>${title}</title>
    <rect class=${state} x="1" y="1" width="14" height="14" rx="3" />
    ${state === 'different' ? svg`<path class="cross" d="m5 5 6 6m0-6-6 6" />` : nothing}
  </svg>`
}

customElements.define('cw-recompute', RecomputePanel)

declare global {
  interface HTMLElementTagNameMap {
    'cw-recompute': RecomputePanel
  }
}
