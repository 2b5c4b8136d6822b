// Faults that were proven on a unit: whom, of what, and a button that checks the proof in the visitor's browser.
import { msg, str, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, css, html } from 'lit'
import type { ExplorerApi } from '#sdk/explore/explorer.ts'
import type { FaultCheck } from '#sdk/explore/fault-check.ts'
import type { UnitFault } from '#sdk/explore/unit-lookup.ts'
import { toErrorRecord } from '#core/errors.ts'
import { formatCount, shortDigest } from '#ui/format.ts'
import { baseStyles, buttonStyles } from '#ui/shared-styles.ts'
import { causeSentence } from './cause-words.ts'
import { explorerStyles } from './explorer-styles.ts'
import { figure, asTold, sign } from './page-frame.ts'

type Outcome = FaultCheck | 'checking'

/** `<cw-faults .api=… .faults=…>`. */
export class FaultList extends LitElement {
  static override properties = { api: { attribute: false }, faults: { attribute: false }, outcomes: { state: true } }
  static override styles = [
    baseStyles,
    buttonStyles,
    explorerStyles,
    css`
      li {
        margin-top: 8px;
        padding: 12px 16px;
        border: 1px solid var(--line);
        border-radius: 8px;
        background: var(--surface);
      }
      .foot {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 16px;
        min-height: 44px;
        margin-top: 4px;
      }
      button {
        padding: 4px 14px;
      }
    `,
  ]

  declare api: ExplorerApi | null
  declare faults: readonly UnitFault[]
  declare outcomes: ReadonlyMap<string, Outcome>

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.api = null
    this.faults = []
    this.outcomes = new Map()
  }

  override render() {
    return html`<ul>
      ${this.faults.map((fault) => this.#item(fault))}
    </ul>`
  }

  #item(named: UnitFault) {
    const { fault, node, cause, logIndex } = named
    const outcome = this.outcomes.get(fault)
    const entry = formatCount(logIndex)
    return html`<li data-cause=${cause}>
      <p class="line">
        ${sign('bad')}<span>${msg(html`Node ${figure(shortDigest(node))}: ${causeSentence(cause)}`)}</span>
      </p>
      <p class="note">
        <span class="figure" translate="no">${cause}</span> ·
        <a href="/explorer?before=${logIndex + 1}">${msg(str`entry ${entry} of the log`)}</a> ·
        <a href="/api/v1/faults/${fault}" target="_blank" rel="noopener"
          >${msg('the document, for commonwatt verify')}</a
        >
      </p>
      <p class="foot" role="status">
        ${outcome === undefined ? html`<button type="button" @click=${() => this.#check(named)}>${msg('Check the proof')}</button>` : outcomeWords(outcome)}
      </p>
    </li>`
  }

  async #check(named: UnitFault): Promise<void> {
    const { api } = this
    if (api === null) return
    this.#set(named, 'checking')
    try {
      this.#set(named, await api.checkFault({ fault: named.fault, logIndex: named.logIndex }))
    } catch (error) {
      this.#set(named, { reason: toErrorRecord(error).message })
    }
  }

  #set({ fault }: UnitFault, outcome: Outcome): void {
    this.outcomes = new Map([...this.outcomes, [fault, outcome]])
  }
}

function outcomeWords(outcome: Outcome) {
  if (outcome === 'checking')
    return html`<span class="line">${sign('wait')}<span>${msg('Computing what it should have been …')}</span></span>`
  if (outcome.reason === '')
    return html`<span class="line good"
      >${sign('good')}<span>${msg('The proof holds: your browser comes to the same.')}</span></span
    >`
  return html`<span class="line bad"
    >${sign('bad')}<span>${msg(html`Not proven: ${asTold(outcome.reason)}`)}</span></span
  >`
}

customElements.define('cw-faults', FaultList)

declare global {
  interface HTMLElementTagNameMap {
    'cw-faults': FaultList
  }
}
