// When the device may be lent: battery, links, hidden tab, hours of the day. One line in words, which opens to the choices. The same
// before the click and while it runs: what is changed then counts at once.
import { msg, str, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import { DEFAULT_RULES, type GuestRules, clockTime } from '#core/guest-rules.ts'
import { BATTERY_FLOORS, batteryChoice, minuteOf, rulesLine } from '#ui/rules-words.ts'
import { baseStyles } from '#ui/shared-styles.ts'

/** Hours that are offered first. */
const FIRST_HOURS = { fromMinute: 8 * 60, toMinute: 22 * 60 }

/** `<cw-caps .rules=…>`: fires `cw-rules` with the new {@link GuestRules}. */
export class GuestCaps extends LitElement {
  static override properties = { rules: { attribute: false } }
  static override styles = [
    baseStyles,
    css`
      details {
        margin-top: 12px;
        padding-top: 12px;
        border-top: 1px solid var(--line);
      }
      summary {
        min-height: 24px;
        cursor: pointer;
      }
      fieldset {
        display: grid;
        gap: 4px;
        margin: 8px 0 0;
        padding: 0;
        border: 0;
      }
      label,
      .hours {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 12px;
        min-height: 44px;
      }
      .hours {
        padding-left: 30px;
      }
      label.field {
        justify-content: space-between;
      }
      .choice {
        flex-wrap: nowrap;
        cursor: pointer;
      }
      input[type='checkbox'] {
        flex: none;
        width: 18px;
        height: 18px;
        margin: 0;
        accent-color: var(--filament);
      }
      select,
      input[type='time'] {
        min-height: 36px;
        padding: 4px 8px;
        border: 1px solid var(--edge);
        border-radius: 8px;
        background: var(--paper);
        color: var(--ink);
        font: inherit;
      }
    `,
  ]

  declare rules: GuestRules

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.rules = DEFAULT_RULES
  }

  override render() {
    const { hours } = this.rules
    return html`<details>
      <summary data-testid="caps">${msg(str`Works ${rulesLine(this.rules)}`)}</summary>
      <fieldset>
        <legend class="unseen">${msg('When your device is lent')}</legend>
        <label class="field">${msg('On battery')} ${this.#battery()}</label>
        ${this.#check('isMeteredAllowed', msg('Go on over mobile links, and when my browser saves data'))}
        ${this.#check('isHiddenAllowed', msg('Go on while this tab is hidden'))}
        <label class="choice">
          <input type="checkbox" .checked=${hours !== null} @change=${this.#toggleHours} />
          ${msg('Only at some hours of the day')}
        </label>
        ${
          hours === null
            ? nothing
            : html`<div class="hours">
                ${this.#time('fromMinute', msg('from'), hours.fromMinute)}
                ${this.#time('toMinute', msg('to'), hours.toMinute)}
                <span class="note">${msg('by the clock of this device')}</span>
              </div>`
        }
      </fieldset>
    </details>`
  }

  #battery() {
    const { batteryFloorPercent } = this.rules
    return html`<select @change=${this.#chooseBattery}>
      ${BATTERY_FLOORS.map(
        (floor, i) =>
          html`<option value=${i} ?selected=${floor === batteryFloorPercent}>${batteryChoice(floor)}</option>`,
      )}
    </select>`
  }

  #check(rule: 'isMeteredAllowed' | 'isHiddenAllowed', words: string) {
    const change = (event: Event) => this.#say({ [rule]: (event.target as HTMLInputElement).checked })
    return html`<label class="choice">
      <input type="checkbox" .checked=${this.rules[rule]} @change=${change} /> ${words}
    </label>`
  }

  #time(edge: 'fromMinute' | 'toMinute', words: string, minute: number) {
    const change = (event: Event) => {
      const { hours } = this.rules
      const chosen = minuteOf((event.target as HTMLInputElement).value)
      if (hours === null || chosen === undefined) return
      const next = { ...hours, [edge]: chosen }
      // From 8 to 8 leaves nothing out: that is all hours.
      this.#say({ hours: next.fromMinute === next.toMinute ? null : next })
    }
    return html`<label>${words} <input type="time" required .value=${clockTime(minute)} @change=${change} /></label>`
  }

  readonly #chooseBattery = (event: Event): void => {
    const floor = BATTERY_FLOORS[(event.target as HTMLSelectElement).selectedIndex]
    if (floor !== undefined) this.#say({ batteryFloorPercent: floor })
  }

  readonly #toggleHours = (event: Event): void => {
    this.#say({ hours: (event.target as HTMLInputElement).checked ? FIRST_HOURS : null })
  }

  #say(change: Partial<GuestRules>): void {
    this.rules = { ...this.rules, ...change }
    this.dispatchEvent(new CustomEvent('cw-rules', { detail: this.rules, bubbles: true, composed: true }))
  }
}

customElements.define('cw-caps', GuestCaps)

declare global {
  interface HTMLElementTagNameMap {
    'cw-caps': GuestCaps
  }
}
