// The units in plain words, newest first: what it was, how it ended, what it earned, and on opening why and who checked it.
import { msg, str, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { UnitRecord } from '#node/state.ts'
import { formatAgo, formatCount, formatCredits, formatDuration, shortDigest } from '#ui/format.ts'
import { type IconName, icon } from '#ui/icons.ts'
import { baseStyles, buttonStyles } from '#ui/shared-styles.ts'
import { toldWords } from '#ui/told-words.ts'
import { outcomeSentence, outcomeWord, transportWords } from '#ui/words.ts'
import './digest-text.ts'

const FIRST_SHOWN = 12

const ICONS = {
  computing: 'dot',
  committed: 'lock',
  checking: 'equals',
  agreed: 'tick',
  rejected: 'cross',
  lost: 'back',
} as const satisfies Record<UnitRecord['outcome'], IconName>

/** `<cw-units .units=… .nowMs=…>`. */
export class UnitList extends LitElement {
  static override properties = { units: { attribute: false }, nowMs: { attribute: false }, isLong: { state: true } }
  static override styles = [
    baseStyles,
    buttonStyles,
    css`
      .list {
        margin-top: 8px;
      }
      li + li {
        border-top: 1px solid var(--line);
      }
      summary {
        display: grid;
        grid-template-columns: 20px 1fr auto;
        gap: 0 8px;
        align-items: baseline;
        padding: 10px 0;
        cursor: pointer;
        list-style: none;
      }
      summary::-webkit-details-marker {
        display: none;
      }
      summary > svg {
        width: 14px;
        height: 14px;
        align-self: center;
        overflow: visible;
      }
      .meta {
        grid-column: 2 / -1;
      }
      .what {
        overflow-wrap: anywhere;
      }
      summary:hover .what {
        text-decoration: underline;
        text-decoration-color: var(--line);
        text-underline-offset: 3px;
      }
      .agreed {
        color: var(--agreed);
      }
      .rejected {
        color: var(--fault);
      }
      svg.open-unit {
        color: var(--filament);
      }
      .more {
        display: grid;
        gap: 4px;
        padding: 0 0 16px 28px;
        overflow-wrap: anywhere;
      }
      .peers li {
        border: 0;
      }
      .all {
        margin-top: 8px;
      }
    `,
  ]

  declare units: readonly UnitRecord[]
  declare nowMs: number
  declare isLong: boolean

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.units = []
    this.nowMs = 0
    this.isLong = false
  }

  override render() {
    const shown = this.isLong ? this.units : this.units.slice(0, FIRST_SHOWN)
    const rest = this.units.length - shown.length
    return html`<h2>${msg('Units')}</h2>
      ${
        this.units.length === 0
          ? html`<p class="muted list">${msg('None yet. Work comes when somebody asks for it.')}</p>`
          : html`<ul class="list" data-testid="units">
              ${repeat(
                shown,
                (unit) => `${unit.unit}/${unit.startedMs}`,
                (unit) => html`<li>${this.#unit(unit)}</li>`,
              )}
            </ul>`
      }
      ${rest === 0 ? nothing : html`<button class="all" type="button" @click=${this.#lengthen}>${msg(str`Show ${formatCount(rest)} more`)}</button>`}`
  }

  #unit(unit: UnitRecord) {
    const took = unit.finishedMs === null ? null : unit.finishedMs - unit.startedMs
    return html`<details data-outcome=${unit.outcome}>
      <summary>
        ${icon(ICONS[unit.outcome], { classes: tone(unit.outcome) })}
        <span class="what">${toldWords(unit.what)}</span>
        <span class="figure">${earned(unit)}</span>
        <span class="meta note"
          ><span class=${tone(unit.outcome)}>${outcomeWord(unit.outcome)}</span>${
            took === null ? nothing : html` · ${formatDuration(took)}`
          }
          · ${formatAgo(unit.finishedMs ?? unit.startedMs, this.nowMs)}</span
        >
      </summary>
      <div class="more">
        <p>${outcomeSentence(unit)}</p>
        ${unit.reason === '' ? nothing : html`<p>${toldWords(unit.reason)}</p>`}
        ${unit.peers.length === 0 ? nothing : peerList(unit)}
        ${unit.certificate === null ? nothing : certificate(unit.certificate, unit.unit)}
        <p class="note">
          ${msg('Unit')} <cw-digest .value=${unit.unit} label=${msg('Copy the unit’s id')}></cw-digest>
        </p>
      </div>
    </details>`
  }

  readonly #lengthen = (): void => {
    this.isLong = true
  }
}

function peerList(unit: UnitRecord) {
  return html`<ul class="peers note">
    ${unit.peers.map(
      (peer) =>
        html`<li>
          ${msg(html`Checked with <span class="figure">${shortDigest(peer.node)}</span>, ${transportWords(peer.transport)}`)}
        </li>`,
    )}
  </ul>`
}

function certificate(id: string, unit: string) {
  return html`<p class="note">
      <a href="/api/v1/certificates/${id}" target="_blank" rel="noopener">${msg('Certificate')}</a>
      <cw-digest .value=${id} label=${msg('Copy the certificate’s id')}></cw-digest>
    </p>
    <p>
      <a href="/explorer/unit/${unit}" target="_blank" rel="noopener"
        >${msg('See every check, and compute it again')}</a
      >
    </p>`
}

function earned({ credited }: UnitRecord): string {
  if (credited === null) return ''
  return credited === '0' ? '0' : `+${formatCredits(credited)}`
}

function tone(outcome: UnitRecord['outcome']): string {
  if (outcome === 'agreed' || outcome === 'rejected') return outcome
  return outcome === 'lost' ? 'muted' : 'open-unit'
}

customElements.define('cw-units', UnitList)

declare global {
  interface HTMLElementTagNameMap {
    'cw-units': UnitList
  }
}
