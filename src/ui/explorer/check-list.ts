// The checks of a unit, each ticked as it passes. All are listed before the first is made, so that nothing moves while they are.
import { msg, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import type { UnitCheck, UnitVerdict } from '#sdk/explore/explorer.ts'
import { UNIT_CHECKS } from '#sdk/explore/unit-check-order.ts'
import { baseStyles } from '#ui/shared-styles.ts'
import type { CheckName } from '#verify/verdict.ts'
import { checkWords } from './check-words.ts'
import { explorerStyles } from './explorer-styles.ts'
import { type Standing, asTold, sign } from './page-frame.ts'

type Line = { readonly check: CheckName; readonly count: number; readonly reason: string }

/** `<cw-checks .checks=… .verdict=… .shown=…>`: draws the first `shown` of its lines, so that the page can draw a few a frame. */
export class CheckList extends LitElement {
  static override properties = {
    checks: { attribute: false },
    verdict: { attribute: false },
    shown: { attribute: false },
  }
  static override styles = [
    baseStyles,
    explorerStyles,
    css`
      li {
        display: grid;
        grid-template-columns: 20px minmax(0, 1fr);
        gap: 0 8px;
        align-items: baseline;
        padding: 4px 0;
      }
      .id {
        display: block;
        color: var(--muted);
        font-size: var(--size-note);
      }
      .reason {
        grid-column: 2;
        overflow-wrap: anywhere;
      }
      .open {
        color: var(--muted);
      }
    `,
  ]

  declare checks: readonly UnitCheck[]
  declare verdict: UnitVerdict | null
  declare shown: number

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.checks = []
    this.verdict = null
    this.shown = Infinity
  }

  override render() {
    return html`<ul data-testid="checks">
      ${linesOf(this.checks)
        .slice(0, this.shown)
        .map((line) => this.#line(line))}
    </ul>`
  }

  #line({ check, count, reason }: Line) {
    const standing = standingOf(count, reason, this.verdict !== null)
    return html`<li data-check=${check} data-standing=${standing}>
      ${sign(standing)}
      <span class=${count === 0 ? 'open' : ''}
        >${checkWords(check)}
        <span class="id"
          ><span class="figure" translate="no">${check}</span>${
            count > 1
              ? html` <span class="unseen">${msg('checked')}</span><span class="figure">×${count}</span>`
              : nothing
          }${standing === 'none' ? html` · ${this.verdict?.isValid === true ? msg('nothing to check') : msg('not reached')}` : nothing}</span
        >
        <span class="unseen">${standingWords(standing)}</span></span
      >
      ${reason === '' ? nothing : html`<strong class="reason bad">${asTold(reason)}</strong>`}
    </li>`
  }
}

function linesOf(checks: readonly UnitCheck[]): Line[] {
  const lines = new Map<CheckName, Line>(UNIT_CHECKS.map((check) => [check, { check, count: 0, reason: '' }]))
  for (const { check, reason } of checks) {
    const count = (lines.get(check)?.count ?? 0) + 1
    lines.set(check, { check, count, reason })
  }
  return [...lines.values()]
}

function standingOf(count: number, reason: string, isDone: boolean): Standing {
  if (reason !== '') return 'bad'
  if (count > 0) return 'good'
  return isDone ? 'none' : 'wait'
}

function standingWords(standing: Standing): string {
  switch (standing) {
    case 'good':
      return msg('holds')
    case 'bad':
      return msg('fails')
    case 'wait':
      return msg('not checked yet')
    case 'none':
      return ''
  }
}

customElements.define('cw-checks', CheckList)

declare global {
  interface HTMLElementTagNameMap {
    'cw-checks': CheckList
  }
}
