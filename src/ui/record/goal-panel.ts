// A goal, if the person wants one: how far it is in words and a bar. It never asks, reminds or scolds.
import { msg, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, type PropertyValues, css, html } from 'lit'
import { formatPercent } from '#ui/format.ts'
import { baseStyles, buttonStyles } from '#ui/shared-styles.ts'
import type { SettingsStore } from '#ui/settings.ts'
import { type Goal, MAX_TARGET, MIN_CREDIT, goalOf, loadGoal, progressOf, saveGoal } from './goal.ts'
import { goalWords } from './record-words.ts'
import { type Sums, sumOf } from './series.ts'

const NONE = sumOf([])
const FIRST_GOAL: Goal = { of: 'units', per: 'day', target: 50 }

/** `<cw-goal .store=… .day=… .week=…>`. */
export class GoalPanel extends LitElement {
  static override properties = {
    store: { attribute: false },
    day: { attribute: false },
    week: { attribute: false },
    goal: { state: true },
    draft: { state: true },
  }
  static override styles = [
    baseStyles,
    buttonStyles,
    css`
      .progress,
      form {
        margin-top: 8px;
      }
      progress {
        display: block;
        width: 100%;
        height: 10px;
        margin-top: 8px;
        border: 1px solid var(--edge);
        border-radius: 5px;
        overflow: hidden;
        appearance: none;
        background: var(--surface);
      }
      progress::-webkit-progress-bar {
        background: var(--surface);
      }
      progress::-webkit-progress-value {
        background: var(--filament);
      }
      progress::-moz-progress-bar {
        background: var(--filament);
      }
      progress.reached::-webkit-progress-value {
        background: var(--agreed);
      }
      progress.reached::-moz-progress-bar {
        background: var(--agreed);
      }
      form,
      .actions {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px 12px;
      }
      .actions {
        margin: 8px 0 0 -12px;
      }
      .actions.none {
        margin: 0 0 0 -12px;
      }
      input,
      select {
        min-height: 44px;
        max-width: 100%;
        padding: 4px 12px;
        border: 1px solid var(--edge);
        border-radius: 8px;
        background: var(--paper);
        color: var(--ink);
        font: inherit;
      }
      input {
        width: 9em;
        font-family: var(--mono);
      }
    `,
  ]

  declare store: SettingsStore | null
  declare day: Sums
  declare week: Sums
  declare goal: Goal | null
  /** What is being chosen; null while nothing is. */
  declare draft: Goal | null

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.store = null
    this.day = NONE
    this.week = NONE
    this.goal = null
    this.draft = null
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('store')) this.goal = loadGoal(this.store)
  }

  override render() {
    return html`<h2>${msg('Your goal')}</h2>
      ${this.draft !== null ? this.#form(this.draft) : this.goal === null ? this.#none() : this.#progress(this.goal)}`
  }

  #none() {
    return html`<div class="actions none">
      <button class="quiet" type="button" data-testid="goal-set" @click=${() => this.#edit(FIRST_GOAL)}>
        ${msg('Set a goal')}
      </button>
    </div>`
  }

  #progress(goal: Goal) {
    const progress = progressOf(goal, goal.per === 'day' ? this.day : this.week)
    const words = goalWords(goal, progress)
    return html`<p class="progress" data-testid="goal-words">
        ${progress.isReached ? msg('Reached:') : ''} ${words} (${formatPercent(progress.share)})
      </p>
      <progress
        class=${progress.isReached ? 'reached' : ''}
        aria-label=${msg('Your goal')}
        max="1"
        .value=${progress.share}
      ></progress>
      <div class="actions">
        <button class="quiet" type="button" data-testid="goal-change" @click=${() => this.#edit(goal)}>
          ${msg('Change the goal')}
        </button>
        <button class="quiet" type="button" data-testid="goal-remove" @click=${() => this.#keep(null)}>
          ${msg('Remove it')}
        </button>
      </div>`
  }

  #form(draft: Goal) {
    const isCredit = draft.of === 'credit'
    return html`<form data-testid="goal-form" @submit=${this.#submit}>
      <label
        ><span class="unseen">${msg('How much')}</span
        ><input
          name="target"
          type="number"
          required
          inputmode=${isCredit ? 'decimal' : 'numeric'}
          min=${isCredit ? MIN_CREDIT : 1}
          max=${MAX_TARGET}
          step=${isCredit ? MIN_CREDIT : 1}
          .value=${String(draft.target)}
      /></label>
      <label
        ><span class="unseen">${msg('Of what')}</span
        ><select name="of" @change=${this.#chooseOf}>
          <option value="units" ?selected=${!isCredit}>${msg('units')}</option>
          <option value="credit" ?selected=${isCredit}>${msg('credits')}</option>
        </select></label
      >
      <label
        ><span class="unseen">${msg('In which time')}</span
        ><select name="per">
          <option value="day" ?selected=${draft.per === 'day'}>${msg('a day')}</option>
          <option value="week" ?selected=${draft.per === 'week'}>${msg('a week')}</option>
        </select></label
      >
      <button type="submit">${msg('Keep this goal')}</button>
      <button class="quiet" type="button" @click=${this.#cancel}>${msg('Cancel')}</button>
    </form>`
  }

  #edit(goal: Goal): void {
    this.draft = goal
    this.#focus('input')
  }

  readonly #chooseOf = (event: Event): void => {
    const isCredit = (event.target as HTMLSelectElement).value === 'credit'
    if (this.draft !== null) this.draft = { ...this.draft, of: isCredit ? 'credit' : 'units' }
  }

  readonly #submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const fields = new FormData(event.target as HTMLFormElement)
    const goal = goalOf({ of: fields.get('of'), per: fields.get('per'), target: Number(fields.get('target')) })
    if (goal !== null) this.#keep(goal)
  }

  readonly #cancel = (): void => {
    this.draft = null
    this.#focus('button')
  }

  #keep(goal: Goal | null): void {
    this.goal = goal
    this.draft = null
    saveGoal(this.store, goal)
    this.#focus('button')
  }

  /** What had the focus is gone after a change of the view: the keyboard goes on at what took its place. */
  #focus(selector: string): void {
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(selector)?.focus())
  }
}

customElements.define('cw-goal', GoalPanel)

declare global {
  interface HTMLElementTagNameMap {
    'cw-goal': GoalPanel
  }
}
