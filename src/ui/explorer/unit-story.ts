// What happened to a unit, from the draw to the receipt, with the exact values below the words.
import { msg, str, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, type TemplateResult, css, html, nothing } from 'lit'
import type { ExplorerApi } from '#sdk/explore/explorer.ts'
import type { UnitDispute, UnitRecord } from '#sdk/explore/unit-lookup.ts'
import type { Certificate } from '#verify/certificate.ts'
import { formatCount, formatCredits, formatList, shortDigest } from '#ui/format.ts'
import { baseStyles } from '#ui/shared-styles.ts'
import '#ui/elements/digest-text.ts'
import { paragraph } from './counts.ts'
import './fault-list.ts'
import { explorerStyles } from './explorer-styles.ts'
import { figure, sign } from './page-frame.ts'
import { assuranceSentence, auditSentence, drawSentence, sealedSentence, transportSentence } from './story-words.ts'
import { valuesSection } from './unit-values.ts'

/** From the draw to the payment. */
const STEPS = 4

/** `<cw-unit-story .api=… .record=… coordinator=…>`. */
export class UnitStory extends LitElement {
  static override properties = {
    api: { attribute: false },
    record: { attribute: false },
    coordinator: {},
    drawn: { state: true },
  }
  static override styles = [
    baseStyles,
    explorerStyles,
    css`
      section + section {
        margin-top: 32px;
      }
      ol.steps {
        margin-top: 8px;
      }
      .steps > li {
        padding: 12px 0;
        border-top: 1px solid var(--line);
      }
      .steps > li:first-child {
        border-top: 0;
        padding-top: 4px;
      }
      h3 {
        font-size: var(--size-text);
        font-weight: 600;
      }
      .replicas {
        display: grid;
        gap: 12px;
        margin-top: 8px;
      }
      .replicas > li {
        padding: 12px 16px;
        border: 1px solid var(--line);
        border-radius: 8px;
        background: var(--surface);
      }
      .facts {
        margin-top: 8px;
        font-size: var(--size-note);
      }
    `,
  ]

  declare api: ExplorerApi | null
  declare record: UnitRecord | null
  declare coordinator: string
  /** Steps and sections that are drawn already, one more a frame, so that no frame takes long. */
  declare drawn: number

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.api = null
    this.record = null
    this.coordinator = ''
    this.drawn = 1
  }

  protected override updated(): void {
    if (this.record === null || this.drawn >= STEPS + this.#sections(this.record).length) return
    requestAnimationFrame(() => {
      this.drawn++
    })
  }

  override render() {
    const { record, drawn } = this
    if (record === null) return nothing
    const { certificate } = record
    const steps = certificate === null ? 0 : STEPS
    return html`${certificate === null ? nothing : this.#steps(certificate, record)}
    ${this.#sections(record)
      .slice(0, Math.max(0, drawn - steps))
      .map((section) => section())}`
  }

  /** What comes after the steps. */
  #sections(record: UnitRecord): (() => TemplateResult)[] {
    const { certificate, disputes, faults } = record
    const sections: (() => TemplateResult)[] = []
    if (disputes.length > 0) sections.push(() => disputeSection(disputes))
    if (faults.length > 0) sections.push(() => this.#faults(faults))
    if (certificate !== null) sections.push(() => valuesSection(certificate, record))
    return sections
  }

  #faults(faults: UnitRecord['faults']) {
    return html`<section aria-labelledby="faults" data-testid="faults">
      <h2 id="faults">${msg('Proven faults')}</h2>
      <cw-faults .api=${this.api} .faults=${faults}></cw-faults>
    </section>`
  }

  #steps({ body }: Certificate, record: UnitRecord) {
    const steps = [
      () =>
        html`<h3>${msg('Who was to check')}</h3>
          ${body.draws.map((draw) => html`<p>${drawSentence(draw)}</p>`)}`,
      () =>
        html`<h3>${msg('Sealed, then opened')}</h3>
          <p>${paragraph([sealedSentence(body), transportSentence(body)])}</p>
          <ul class="replicas">
            ${body.replicas.map(replica)}
          </ul>`,
      () =>
        html`<h3>${msg('Checked again after the close')}</h3>
          <p>${auditSentence(body, record.facts, this.coordinator)}</p>`,
      () =>
        html`<h3>${msg('Certified and paid')}</h3>
          <p>
            ${paragraph([assuranceSentence(body), paidSentence(body), msg('Asked for again, the same work is served from this result: nobody is paid twice.')])}
            ${record.receipt === null ? nothing : html`<a href="/explorer?before=${record.receipt + 1}">${receiptWords(record.receipt)}</a>`}
          </p>`,
    ]
    return html`<section aria-labelledby="story">
      <h2 id="story">${msg('How it came about')}</h2>
      <ol class="steps">
        ${steps.slice(0, this.drawn).map((step) => html`<li>${step()}</li>`)}
      </ol>
    </section>`
  }
}

function replica({ lease, commitment, reveal, delegation }: Certificate['body']['replicas'][number]) {
  const { node, role } = lease.body
  return html`<li>
    <p>
      ${role === 'primary' ? msg('Chosen to compute') : msg('Drawn to check')}
      <cw-digest .value=${node} label=${msg('Copy the node’s key')}></cw-digest>
    </p>
    <dl class="facts">
      <dt>${msg('Sealed')}</dt>
      <dd><cw-digest .value=${commitment.body.hash} label=${msg('Copy the commitment')}></cw-digest></dd>
      <dt>${msg('Opened')}</dt>
      <dd><cw-digest .value=${reveal.body.root} label=${msg('Copy the revealed root')}></cw-digest></dd>
      <dt>${msg('Vouched for')}</dt>
      <dd>${delegation === null ? msg('by its key alone') : msg('by a passkey')}</dd>
    </dl>
  </li>`
}

function disputeSection(disputes: readonly UnitDispute[]) {
  return html`<section aria-labelledby="disputes" data-testid="disputes">
    <h2 id="disputes">${msg('Disputed')}</h2>
    <p>
      ${msg('Nodes gave different results. The first part that differs was computed by the reference, which decides, and by a third node where one was free.')}
    </p>
    <ul class="replicas">
      ${disputes.map(
        ({ dispute, part, expected, groups, third }) =>
          html`<li>
            <p>
              ${msg(str`Part ${part}: the reference gives`)}
              <cw-digest .value=${expected} label=${msg('Copy the reference’s digest')}></cw-digest>
            </p>
            <ul>
              ${groups.map(
                ({ leaf, nodes }) =>
                  html`<li class="line">
                    ${sign(leaf === expected ? 'good' : 'bad')}
                    <span>${gaveWords(nodes, leaf === expected ? null : leaf)}</span>
                  </li>`,
              )}
            </ul>
            <p class="note">
              ${thirdSentence(third, expected)}
              <a href="/api/v1/disputes/${dispute}" target="_blank" rel="noopener">${msg('The record')}</a>
            </p>
          </li>`,
      )}
    </ul>
  </section>`
}

function paidSentence({ price }: Certificate['body']): string {
  const credits = formatCredits(price)
  return msg(str`${credits} credits were paid for it.`)
}

function receiptWords(receipt: number): string {
  const entry = formatCount(receipt)
  return msg(str`See the payment in entry ${entry} of the log.`)
}

/** What nodes gave over a part; null for what the reference gives. */
function gaveWords(nodes: readonly string[], leaf: string | null) {
  const givers = formatList(nodes.map((node) => shortDigest(node)))
  return leaf === null ? msg(str`${givers} gave the same`) : msg(html`${givers} gave ${figure(shortDigest(leaf))}`)
}

function thirdSentence(third: UnitDispute['third'], expected: string): string {
  if (third === null) return msg('No third node was free.')
  const node = shortDigest(third.node)
  return third.leaf === expected
    ? msg(str`Third node ${node}: the same as the reference.`)
    : msg(str`Third node ${node}: wrong too.`)
}

customElements.define('cw-unit-story', UnitStory)

declare global {
  interface HTMLElementTagNameMap {
    'cw-unit-story': UnitStory
  }
}
