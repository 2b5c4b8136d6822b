// Credit today, this week and in total, as this browser has it on record, and why.
import { msg, str, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import { formatCredits, formatDay, formatMinutes, formatPercent, unitCount } from '#ui/format.ts'
import { baseStyles } from '#ui/shared-styles.ts'
import { MINUTE_MS, type Totals } from './kept.ts'
import { type Sums, busyShare, sumOf } from './series.ts'

const NONE = sumOf([])

/** `<cw-earned .day=… .week=… .totals=…>`. */
export class EarnedPanel extends LitElement {
  static override properties = {
    day: { attribute: false },
    week: { attribute: false },
    totals: { attribute: false },
  }
  static override styles = [
    baseStyles,
    css`
      dl {
        display: grid;
        grid-template-columns: repeat(3, minmax(0, auto)) 1fr;
        gap: 4px 40px;
        margin-top: 8px;
      }
      dt {
        font-size: var(--size-note);
        color: var(--muted);
      }
      dd {
        font-size: var(--size-title);
        line-height: 1.4;
        overflow-wrap: anywhere;
      }
      p {
        margin-top: 4px;
      }
      p:first-of-type {
        margin-top: 8px;
      }
      @media (max-width: 560px) {
        dl {
          grid-template-columns: repeat(3, minmax(0, 1fr));
          column-gap: 16px;
        }
        dd {
          font-size: var(--size-lead);
        }
      }
    `,
  ]

  declare day: Sums
  declare week: Sums
  declare totals: Totals | null

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.day = NONE
    this.week = NONE
    this.totals = null
  }

  override render() {
    const { day, week, totals } = this
    return html`<h2>${msg('Credit earned with this browser')}</h2>
      <dl>
        ${earned(msg('Today'), day, 'earned-today')} ${earned(msg('This week'), week, 'earned-week')}
        ${earned(msg('In total'), totals ?? NONE, 'earned-total')}
      </dl>
      <p data-testid="earned-why">${whyToday(day)}</p>
      ${day.onMs < MINUTE_MS ? nothing : html`<p>${onToday(day)}</p>`}
      ${totals === null ? nothing : html`<p class="note">${inTotal(totals)}</p>`}`
  }
}

function earned(term: string, { credited }: Sums, id: string) {
  return html`<div>
    <dt>${term}</dt>
    <dd class="figure" data-testid=${id}>${formatCredits(credited)}</dd>
  </div>`
}

/** Why there is that much credit today. */
function whyToday({ agreed, others }: Sums): string {
  if (agreed === 0 && others === 0) return msg('No unit finished today yet.')
  const nothing = msg(str`${unitCount(others)} earned nothing; the list below says why.`)
  if (agreed === 0) return nothing
  const first = msg(str`Today: ${unitCount(agreed)} whose result others reached too.`)
  return others === 0 ? first : `${first} ${nothing}`
}

function onToday(day: Sums): string {
  const time = formatMinutes(Math.floor(day.onMs / MINUTE_MS))
  return msg(str`On for ${time} today, computing ${formatPercent(busyShare(day) ?? 0)} of it.`)
}

function inTotal({ agreed, sinceMs }: Totals): string {
  return msg(
    str`In total ${unitCount(agreed)} since ${formatDay(sinceMs)}. This record is only in this browser; what the account holds is in the public log.`,
  )
}

customElements.define('cw-earned', EarnedPanel)

declare global {
  interface HTMLElementTagNameMap {
    'cw-earned': EarnedPanel
  }
}
