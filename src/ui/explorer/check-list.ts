// The checks of a unit, each ticked as it passes. All are listed from the beginning, so that nothing moves while they are made.
import { LitElement, css, html, nothing } from 'lit'
import { UNIT_CHECKS } from '#sdk/explore/check-words.ts'
import type { UnitCheck, UnitVerdict } from '#sdk/explore/explorer.ts'
import { baseStyles } from '#ui/shared-styles.ts'
import { explorerStyles } from './explorer-styles.ts'
import { type Standing, sign } from './page-frame.ts'

const STANDING_WORDS: Readonly<Record<Standing, string>> = {
  good: 'holds',
  bad: 'fails',
  wait: 'not checked yet',
  none: '',
}

type Line = { readonly check: string; readonly says: string; readonly count: number; readonly reason: string }

/** `<cw-checks .checks=… .verdict=…>`. */
export class CheckList extends LitElement {
  static override properties = { checks: { attribute: false }, verdict: { attribute: false } }
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

  constructor() {
    super()
    this.checks = []
    this.verdict = null
  }

  override render() {
    return html`<ul data-testid="checks">
      ${linesOf(this.checks).map((line) => this.#line(line))}
    </ul>`
  }

  #line({ check, says, count, reason }: Line) {
    const standing = standingOf(count, reason, this.verdict !== null)
    return html`<li data-check=${check} data-standing=${standing}>
      ${sign(standing)}
      <span class=${count === 0 ? 'open' : ''}
        >${says}
        <span class="id"
          ><span class="figure">${check}</span>${
            count > 1 ? html` <span class="unseen">checked</span><span class="figure">×${count}</span>` : nothing
          }${standing === 'none' ? html` · ${this.verdict?.isValid === true ? 'nothing to check' : 'not reached'}` : nothing}</span
        >
        <span class="unseen">${STANDING_WORDS[standing]}</span></span
      >
      ${reason === '' ? nothing : html`<strong class="reason bad">${reason}</strong>`}
    </li>`
  }
}

function linesOf(checks: readonly UnitCheck[]): Line[] {
  const lines = new Map<string, Line>(
    UNIT_CHECKS.map(({ check, says }) => [check, { check, says, count: 0, reason: '' }]),
  )
  for (const { check, says, reason } of checks) {
    const count = (lines.get(check)?.count ?? 0) + 1
    lines.set(check, { check, says, count, reason })
  }
  return [...lines.values()]
}

function standingOf(count: number, reason: string, isDone: boolean): Standing {
  if (reason !== '') return 'bad'
  if (count > 0) return 'good'
  return isDone ? 'none' : 'wait'
}

customElements.define('cw-checks', CheckList)

declare global {
  interface HTMLElementTagNameMap {
    'cw-checks': CheckList
  }
}
