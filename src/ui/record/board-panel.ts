// The leaderboard: this week or in total, by person or by team, and the person's own place. It is fetched when it comes into view.
import { msg, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, type PropertyValues, css, html, nothing } from 'lit'
import type { PublicKey } from '#core/ed25519.ts'
import type { Board, BoardName, TeamLine } from '#sdk/board.ts'
import { baseStyles, buttonStyles } from '#ui/shared-styles.ts'
import './board-name.ts'
import type { BoardPort, OpenBoard } from './board-port.ts'
import { boardTableStyles, peopleTable, teamsTable } from './board-table.ts'
import type { ShownSpan } from './board-words.ts'
import { choiceStyles } from './choice-styles.ts'

/** Lines that are shown at first. */
const FEW = 10

/** Read before it is in view, so that what is in view does not move. */
const AHEAD = '400px'

type Whom = 'people' | 'teams'
type Shown = {
  readonly by: ShownSpan
  readonly account: PublicKey | null
  readonly board: Board
  readonly teams: readonly TeamLine[]
}

/** `<cw-board .open=… .node=…>`: `node` is the key of the node that runs. */
export class BoardPanel extends LitElement {
  static override properties = {
    open: { attribute: false },
    node: { attribute: false },
    by: { state: true },
    whom: { state: true },
    isWhole: { state: true },
    shown: { state: true },
    isFailed: { state: true },
  }
  static override styles = [
    baseStyles,
    buttonStyles,
    choiceStyles,
    boardTableStyles,
    css`
      .choices {
        display: flex;
        flex-wrap: wrap;
        gap: 0 12px;
      }
      h2 + p {
        margin-top: 4px;
      }
      .lines {
        min-height: 120px;
      }
      .lines p {
        margin-top: 16px;
      }
      .trouble button {
        margin-top: 12px;
      }
      cw-board-name {
        margin-top: 16px;
      }
    `,
  ]

  declare open: OpenBoard | null
  declare node: PublicKey | null
  declare by: ShownSpan
  declare whom: Whom
  declare isWhole: boolean
  declare shown: Shown | null
  /** The board could not be read. */
  declare isFailed: boolean
  /** Times that the board was asked for. */
  #asked = 0
  readonly #seen = new IntersectionObserver(
    (entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) void this.#look()
    },
    { rootMargin: AHEAD },
  )

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.open = null
    this.node = null
    this.by = 'week'
    this.whom = 'people'
    this.isWhole = false
    this.shown = null
    this.isFailed = false
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#seen.observe(this)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#seen.disconnect()
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const isNewKey = changed.has('node') && this.node !== null && this.node !== this.shown?.account
    if (this.#asked > 0 && (changed.has('by') || isNewKey)) void this.#look()
  }

  override render() {
    const { shown, isFailed } = this
    return html`<h2>${msg('Leaderboard')}</h2>
      <p class="note">
        ${msg('Only those who asked to be named, in the order of what verified work earned them. Weeks begin on Monday, by UTC.')}
      </p>
      <div class="choices">
        ${this.#choice('by', msg('Over what time'), [
          ['week', msg('This week')],
          ['total', msg('In total')],
        ])}
        ${this.#choice('whom', msg('Of whom'), [
          ['people', msg('People')],
          ['teams', msg('Teams')],
        ])}
      </div>
      <div class="lines" aria-live="polite" aria-busy=${shown === null && !isFailed ? 'true' : 'false'}>
        ${isFailed ? this.#failed() : shown === null ? nothing : this.#lines(shown)}
      </div>
      ${
        shown === null
          ? nothing
          : html`<cw-board-name
              .account=${shown.account}
              .own=${shown.board.own}
              .by=${shown.by}
              .say=${this.#say}
            ></cw-board-name>`
      }`
  }

  #choice<Name extends 'by' | 'whom'>(
    name: Name,
    legend: string,
    choices: readonly (readonly [value: BoardPanel[Name], words: string])[],
  ) {
    return html`<fieldset>
      <legend class="unseen">${legend}</legend>
      ${choices.map(
        ([value, words]) =>
          html`<label
            ><input
              type="radio"
              name=${name}
              .checked=${value === this[name]}
              @change=${() => {
                this[name] = value as this[Name]
                this.isWhole = false
              }}
            />${words}</label
          >`,
      )}
    </fieldset>`
  }

  #lines({ board, teams }: Shown) {
    const count = this.whom === 'people' ? board.lines.length : teams.length
    if (count === 0) return html`<p data-testid="board-empty">${this.#emptyWords()}</p>`
    const most = this.isWhole ? count : FEW
    return html`${this.whom === 'people' ? peopleTable(board, most) : teamsTable(teams, most, board.own?.team ?? null)}
    ${
      count > most
        ? html`<button class="quiet" type="button" data-testid="board-all" @click=${this.#showAll}>
            ${msg('Show more')}
          </button>`
        : nothing
    }`
  }

  #emptyWords(): string {
    if (this.whom === 'teams')
      return this.by === 'week' ? msg('No team has earned anything this week yet.') : msg('There is no team yet.')
    return this.by === 'week'
      ? msg('Nobody who is named here has earned anything this week yet.')
      : msg('Nobody has asked to be named here yet.')
  }

  #failed() {
    return html`<div class="trouble" data-testid="board-trouble">
      <p>
        ${msg('The board could not be read: the coordinator does not answer. Your credit and your name, if you have one there, are as they were.')}
      </p>
      <button type="button" @click=${this.#again}>${msg('Try again')}</button>
    </div>`
  }

  readonly #showAll = (): void => {
    this.isWhole = true
  }

  readonly #again = (): void => void this.#look()

  /** Reads the board; what was asked for last counts, whichever answer comes first. */
  async #look(): Promise<void> {
    const asked = ++this.#asked
    const shown = await this.#read().catch(() => null)
    if (asked !== this.#asked) return
    this.isFailed = shown === null
    if (shown === null) return
    this.shown = shown
    this.#seen.disconnect()
  }

  async #read(): Promise<Shown | null> {
    const { by } = this
    const port = await this.#port()
    if (port === null) return null
    const [account, board, teams] = await Promise.all([port.account(), port.people(by), port.teams(by)])
    return { by, account, board, teams }
  }

  readonly #say = async (shown: BoardName | null): Promise<void> => {
    const port = await this.#port()
    try {
      await port?.state(shown)
    } finally {
      // Also after a refusal: what counts is what the board says.
      await this.#look()
    }
  }

  #port(): Promise<BoardPort | null> {
    return this.open?.() ?? Promise.resolve(null)
  }
}

customElements.define('cw-board', BoardPanel)

declare global {
  interface HTMLElementTagNameMap {
    'cw-board': BoardPanel
  }
}
