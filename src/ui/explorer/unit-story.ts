// What happened to a unit, from the draw to the receipt, with the exact values below the words.
import { LitElement, type TemplateResult, css, html, nothing } from 'lit'
import type { ExplorerApi } from '#sdk/explore/explorer.ts'
import type { UnitDispute, UnitRecord } from '#sdk/explore/unit-lookup.ts'
import type { Certificate } from '#verify/certificate.ts'
import { formatCredits, group, plural, shortDigest } from '#ui/format.ts'
import { baseStyles } from '#ui/shared-styles.ts'
import '#ui/elements/digest-text.ts'
import { formatBytes } from './entry-words.ts'
import './fault-list.ts'
import { explorerStyles } from './explorer-styles.ts'
import { sign } from './page-frame.ts'
import { unitPath } from './route.ts'
import { assuranceSentence, auditSentence, drawSentence, transportWords } from './story-words.ts'

/** Sections that there can be. */
const SECTIONS = 4

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
  /** Sections that are drawn already, one more a frame, so that no frame takes long. */
  declare drawn: number

  constructor() {
    super()
    this.api = null
    this.record = null
    this.coordinator = ''
    this.drawn = 1
  }

  protected override updated(): void {
    if (this.record === null || this.drawn >= SECTIONS) return
    requestAnimationFrame(() => {
      this.drawn++
    })
  }

  override render() {
    const { record } = this
    if (record === null) return nothing
    const sections = this.#sections(record)
    return sections.slice(0, this.drawn).map((section) => section())
  }

  #sections(record: UnitRecord): (() => TemplateResult)[] {
    const { certificate, disputes, faults } = record
    const sections: (() => TemplateResult)[] = []
    if (certificate !== null) sections.push(() => this.#steps(certificate, record))
    if (disputes.length > 0) sections.push(() => disputeSection(disputes))
    if (faults.length > 0)
      sections.push(
        () =>
          html`<section aria-labelledby="faults" data-testid="faults">
            <h2 id="faults">Proven faults</h2>
            <cw-faults .api=${this.api} .faults=${faults}></cw-faults>
          </section>`,
      )
    if (certificate !== null) sections.push(() => valuesSection(certificate, record))
    return sections
  }

  #steps({ body }: Certificate, record: UnitRecord) {
    return html`<section aria-labelledby="story">
      <h2 id="story">How it came about</h2>
      <ol class="steps">
        <li>
          <h3>Who was to check</h3>
          ${body.draws.map((draw) => html`<p>${drawSentence(draw)}</p>`)}
        </li>
        <li>
          <h3>Sealed, then opened</h3>
          <p>
            ${plural(body.replicas.length, 'node')} sealed ${body.replicas.length === 1 ? 'its' : 'their'} result, and
            opened it only after the coordinator had closed the list. Their bytes met ${transportWords(body)}.
          </p>
          <ul class="replicas">
            ${body.replicas.map(replica)}
          </ul>
        </li>
        <li>
          <h3>Checked again after the close</h3>
          <p>${auditSentence(body, record.facts, this.coordinator)}</p>
        </li>
        <li>
          <h3>Certified and paid</h3>
          <p>
            ${assuranceSentence(body)} ${formatCredits(body.price)} credits were paid for
            it${record.receipt === null ? '' : html`, in <a href="/explorer?before=${record.receipt + 1}">entry ${group(String(record.receipt))}</a> of the log`}.
            Asked for again, the same work is served from this result: nobody is paid twice.
          </p>
        </li>
      </ol>
    </section>`
  }
}

function replica({ lease, commitment, reveal, delegation }: Certificate['body']['replicas'][number]) {
  const { node, role } = lease.body
  return html`<li>
    <p>
      ${role === 'primary' ? 'Chosen to compute' : 'Drawn to check'}: node
      <cw-digest .value=${node} label="node’s key"></cw-digest>
    </p>
    <dl class="facts">
      <dt>Sealed</dt>
      <dd><cw-digest .value=${commitment.body.hash} label="commitment"></cw-digest></dd>
      <dt>Opened</dt>
      <dd><cw-digest .value=${reveal.body.root} label="revealed root"></cw-digest></dd>
      <dt>Vouched for</dt>
      <dd>${delegation === null ? 'by its key alone' : 'by a passkey'}</dd>
    </dl>
  </li>`
}

function disputeSection(disputes: readonly UnitDispute[]) {
  return html`<section aria-labelledby="disputes" data-testid="disputes">
    <h2 id="disputes">Disputed</h2>
    <p>
      Nodes gave different results. The first part that differs was computed by the reference, which decides, and by a
      third node where one was free.
    </p>
    <ul class="replicas">
      ${disputes.map(
        ({ dispute, part, expected, groups, third }) =>
          html`<li>
            <p>
              Part ${part}: the reference gives <cw-digest .value=${expected} label="reference’s digest"></cw-digest>
            </p>
            <ul>
              ${groups.map(
                ({ leaf, nodes }) =>
                  html`<li class="line">
                    ${sign(leaf === expected ? 'good' : 'bad')}
                    <span
                      >${nodes.map((node) => shortDigest(node)).join(', ')} gave
                      ${leaf === expected ? 'the same' : html`<span class="figure">${shortDigest(leaf)}</span>`}</span
                    >
                  </li>`,
              )}
            </ul>
            <p class="note">
              ${
                third === null
                  ? 'No third node was free.'
                  : `Third node ${shortDigest(third.node)}: ${third.leaf === expected ? 'the same as the reference' : 'wrong too'}.`
              }
              <a href="/api/v1/disputes/${dispute}" target="_blank" rel="noopener">The record</a>
            </p>
          </li>`,
      )}
    </ul>
  </section>`
}

function valuesSection({ body }: Certificate, { unit, id, facts, others }: UnitRecord) {
  return html`<section aria-labelledby="values">
    <h2 id="values">Exact values</h2>
    <dl class="facts">
      <dt>Unit</dt>
      <dd><cw-digest .value=${unit} label="unit’s id"></cw-digest></dd>
      <dt>Certificate</dt>
      <dd>
        <cw-digest .value=${id ?? ''} label="certificate’s id"></cw-digest>
        <a href="/api/v1/certificates/${id}" target="_blank" rel="noopener">JSON</a>
      </dd>
      <dt>Job</dt>
      <dd>
        <cw-digest .value=${body.job} label="job’s id"></cw-digest>
        <a href="/explorer?before=${body.admissionLeaf + 1}">entry ${group(String(body.admissionLeaf))}</a>
      </dd>
      <dt>Assurance</dt>
      <dd class="figure">${body.assurance}</dd>
      <dt>Root</dt>
      <dd><cw-digest .value=${body.root} label="result’s root"></cw-digest></dd>
      ${
        facts === null
          ? nothing
          : html`<dt>Kind</dt>
              <dd class="figure">${facts.kind}, ${facts.comparison}</dd>
              <dt>Operations</dt>
              <dd class="figure">${group(facts.operations)}</dd>
              <dt>Result</dt>
              <dd>${formatBytes(facts.resultBytes)} in ${plural(facts.parts, 'part')}</dd>
              ${facts.inputs.map(
                ({ id: input, sizeBytes }, at) =>
                  html`<dt>Input ${at}</dt>
                    <dd><cw-digest .value=${input} label="input’s id"></cw-digest> ${formatBytes(sizeBytes)}</dd>`,
              )}`
      }
      <dt>Price</dt>
      <dd class="figure">${group(body.price)} atto-credit</dd>
      <dt>Attempt</dt>
      <dd class="figure">${body.attempt}, epoch ${body.epoch}</dd>
    </dl>
    ${
      others.length === 0
        ? nothing
        : html`<p class="note">
            Certified more than once:
            ${others.map((other) => html` <a class="figure" href=${unitPath({ by: 'certificate', id: other })}>${shortDigest(other)}</a>`)}
          </p>`
    }
  </section>`
}

customElements.define('cw-unit-story', UnitStory)

declare global {
  interface HTMLElementTagNameMap {
    'cw-unit-story': UnitStory
  }
}
