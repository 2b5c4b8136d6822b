// What did I get and why: the session's credit, the balance, the sentence that explains them, and the device that earned it.
import { msg, str, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import type { NodeState, UnitRecord } from '#node/state.ts'
import { byCount, formatCount, formatCredits, formatDayAndTime, formatRate, unitCount } from '#ui/format.ts'
import { OFF_STATE } from '#ui/session.ts'
import { toldWords } from '#ui/told-words.ts'
import { baseStyles } from '#ui/shared-styles.ts'

/** `<cw-credit .state=…>`. */
export class CreditPanel extends LitElement {
  static override properties = { state: { attribute: false } }
  static override styles = [
    baseStyles,
    css`
      .credits {
        display: flex;
        flex-wrap: wrap;
        align-items: flex-end;
        gap: 8px 40px;
      }
      dt {
        font-size: var(--size-note);
        color: var(--muted);
      }
      .session dd {
        font-size: var(--size-display);
        line-height: 1.2;
        letter-spacing: -0.02em;
      }
      .balance dd {
        font-size: var(--size-title);
        line-height: 1.4;
      }
      .why {
        margin-top: 8px;
        min-height: 1.5em;
      }
      .facts {
        display: grid;
        grid-template-columns: repeat(3, auto) 1fr;
        gap: 12px 32px;
        margin-top: 20px;
        padding-top: 16px;
        border-top: 1px solid var(--line);
      }
      .device dd {
        overflow-wrap: anywhere;
      }
      @media (max-width: 560px) {
        .facts {
          grid-template-columns: repeat(3, 1fr);
          column-gap: 16px;
        }
        .device {
          grid-column: 1 / -1;
        }
      }
    `,
  ]

  declare state: NodeState

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.state = OFF_STATE
  }

  override render() {
    const { state } = this
    const rate = formatRate(state.rateMops)
    return html`<dl class="credits" data-testid="credits">
        <div class="session">
          <dt>${msg('Credit this session')}</dt>
          <dd class="figure" data-testid="credits-session">${formatCredits(state.creditedSession)}</dd>
        </div>
        <div class="balance">
          <dt>${msg('Balance')}</dt>
          <dd class="figure" data-testid="credits-balance">${formatCredits(state.balance)}</dd>
        </div>
        <div class="balance">
          <dt>${msg('Pending')}</dt>
          <dd class="figure" data-testid="credits-pending">${formatCredits(state.pending)}</dd>
        </div>
      </dl>
      <p class="why">${why(state.units)}</p>
      <dl class="facts">
        <div>
          <dt>${msg('Units done')}</dt>
          <dd class="figure" data-testid="units-done">${formatCount(state.unitsDone)}</dd>
        </div>
        <div>
          <dt>${msg('Rate')}</dt>
          <dd data-testid="rate"><span class="figure">${rate.value}</span> ${rate.unit}</dd>
        </div>
        <div>
          <dt>${msg('Peers')}</dt>
          <dd class="figure" data-testid="peer-count">${state.peers.length}</dd>
        </div>
        <div class="device">
          <dt>${deviceTerm(state)}</dt>
          <dd data-testid="device">${deviceName(state)}</dd>
        </div>
      </dl>
      ${state.deviceNote === '' ? nothing : html`<p class="note" data-testid="device-note">${toldWords(state.deviceNote)}</p>`}
      ${
        state.language === null || state.language.note === ''
          ? nothing
          : html`<p class="note" data-testid="language">${toldWords(state.language.note)}</p>`
      }
      ${state.evidence.map(
        ({ says, against, atMs }) =>
          html`<p class="note" data-testid="evidence">
            ${formatDayAndTime(atMs)}: ${toldWords(says)}
            ${msg(str`This device keeps what ${against.slice(0, 8)} signed as proof.`)}
          </p>`,
      )}
      ${
        state.isIdentityPersistent || state.node === null
          ? nothing
          : html`<p class="note">
              ${msg('This browser does not let the page keep its key. Credit earned now stays with a key that is gone when you close the tab.')}
            </p>`
      }`
  }
}

/** Why the session's credit is what it is, in one or two sentences. */
export function why(units: readonly UnitRecord[]): string {
  const agreed = units.filter((unit) => unit.outcome === 'agreed')
  const rejected = units.filter((unit) => unit.outcome === 'rejected')
  const first =
    agreed.length === 0
      ? msg('Nothing yet: credit comes when another node has reached the same result.')
      : msg(str`For ${unitCount(agreed.length)} whose result other nodes reached too.`)
  if (rejected.length === 0) return first
  const count = formatCount(rejected.length)
  const why = toldWords(rejected[0]?.reason ?? '')
  return byCount(rejected.length, {
    one: msg(str`${first} ${count} unit not accepted: ${why}`),
    other: msg(str`${first} ${count} units not accepted: ${why}`),
  })
}

function deviceTerm(state: NodeState): string {
  return state.device === null || state.device.backend === 'webgpu' ? 'GPU' : msg('Device')
}

function deviceName({ device }: NodeState): string {
  if (device === null) return '–'
  if (device.backend !== 'webgpu') return msg(str`Your processor, without a GPU (${device.adapter})`)
  return device.isSoftware ? msg(str`${device.adapter} (emulated on the processor)`) : device.adapter
}

customElements.define('cw-credit', CreditPanel)

declare global {
  interface HTMLElementTagNameMap {
    'cw-credit': CreditPanel
  }
}
