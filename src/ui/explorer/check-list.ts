// The checks of a unit, each ticked as it passes. All are listed from the beginning, so that nothing moves while they are made.
import { LitElement, css, html, nothing } from 'lit'
import { UNIT_CHECKS } from '#sdk/explore/check-words.ts'
import type { UnitCheck } from '#sdk/explore/explorer.ts'
import { baseStyles } from '#ui/shared-styles.ts'
import { explorerStyles } from './explorer-styles.ts'
import { type Standing, sign } from './page-frame.ts'

type Line = { readonly check: string; readonly says: string; readonly count: number; readonly reason: string }

/** `<cw-checks .checks=… .isDone=…>`. */
export class CheckList extends LitElement {
  static override properties = { checks: { attribute: false }, isDone: { attribute: false } }
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
  declare isDone: boolean

  constructor() {
    super()
    this.checks = []
    this.isDone = false
  }

  override render() {
    return html`<ul data-testid="checks">
      ${linesOf(this.checks).map((line) => this.#line(line))}
    </ul>`
  }

  #line({ check, says, count, reason }: Line) {
    const standing = standingOf(count, reason)
    return html`<li data-check=${check} data-standing=${standing}>
      ${sign(standing)}
      <span class=${standing === 'wait' ? 'open' : ''}
        >${says}
        <span class="id figure"
          >${check}${count > 1 ? html` <span class="unseen">checked</span>×${count}` : nothing}</span
        >
        <span class="unseen">${standing === 'good' ? 'holds' : standing === 'bad' ? 'fails' : 'not checked'}</span>
        ${this.isDone && standing === 'wait' ? html`<span class="id">nothing to check</span>` : nothing}</span
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

function standingOf(count: number, reason: string): Standing {
  if (reason !== '') return 'bad'
  return count === 0 ? 'wait' : 'good'
}

customElements.define('cw-checks', CheckList)

declare global {
  interface HTMLElementTagNameMap {
    'cw-checks': CheckList
  }
}
