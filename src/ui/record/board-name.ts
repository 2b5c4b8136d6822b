// A person's own place on the leaderboard: asked for with a name, changed, and given up again. Nobody is on it who did not ask.
import { msg, str, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, css, html } from 'lit'
import { type ErrorRecord, toErrorRecord } from '#core/errors.ts'
import type { PublicKey } from '#core/ed25519.ts'
import type { Board, BoardName } from '#sdk/board.ts'
import { shortDigest } from '#ui/format.ts'
import { baseStyles, buttonStyles, cardStyles } from '#ui/shared-styles.ts'
import { type ShownSpan, placeWords, refusalWords } from './board-words.ts'

/** As the coordinator bounds them. */
const NAME_LENGTH = { least: 2, most: 24 } as const
const TEAM_PATTERN = '[a-z0-9](?:[a-z0-9\\-]{0,22}[a-z0-9])'

type Doing = 'nothing' | 'naming' | 'leaving'

/** `<cw-board-name .account=… .own=… .by=… .say=…>`: `say` signs and sends, and resolves when the board was read again. */
export class BoardNamePanel extends LitElement {
  static override properties = {
    account: { attribute: false },
    own: { attribute: false },
    by: {},
    say: { attribute: false },
    doing: { state: true },
    isSending: { state: true },
    said: { state: true },
    trouble: { state: true },
  }
  static override styles = [
    baseStyles,
    buttonStyles,
    cardStyles,
    css`
      h3 {
        font-size: var(--size-text);
        font-weight: 600;
      }
      p,
      form {
        margin-top: 4px;
      }
      form {
        display: grid;
        gap: 12px;
        margin-top: 12px;
      }
      label {
        display: grid;
        gap: 4px;
      }
      input {
        width: 100%;
        max-width: 24em;
        min-height: 44px;
        padding: 4px 12px;
        border: 1px solid var(--edge);
        border-radius: 8px;
        background: var(--paper);
        color: var(--ink);
        font: inherit;
      }
      .public {
        padding-left: 12px;
        border-left: 4px solid var(--filament);
      }
      .public p + p {
        margin-top: 4px;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: 8px 12px;
        margin-top: 12px;
      }
      form .actions {
        margin-top: 0;
      }
      button.fault,
      .trouble {
        color: var(--fault);
      }
      button.fault {
        border-color: var(--fault);
      }
    `,
  ]

  declare account: PublicKey | null
  declare own: Board['own']
  declare by: ShownSpan
  declare say: (shown: BoardName | null) => Promise<void>
  declare doing: Doing
  declare isSending: boolean
  declare said: '' | 'named' | 'left'
  declare trouble: ErrorRecord | null

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.account = null
    this.own = null
    this.by = 'week'
    this.say = () => Promise.resolve()
    this.doing = 'nothing'
    this.isSending = false
    this.said = ''
    this.trouble = null
  }

  override render() {
    const { account, own, trouble, said } = this
    return html`<section aria-labelledby="title">
      <h3 id="title">${own === null ? msg('Be named here') : ownTitle(own)}</h3>
      ${account === null ? keyless() : this.#body(account)}
      <p class="note" role="status">
        ${said === 'named' ? msg('Done: this is how others see you now.') : said === 'left' ? msg('You are off the board. Your name and team are erased.') : ''}
      </p>
      <p class="trouble" role="alert">${trouble === null ? '' : refusalWords(trouble)}</p>
    </section>`
  }

  #body(account: PublicKey) {
    if (this.doing === 'naming') return this.#form(account)
    if (this.own === null) return this.#offer()
    return this.doing === 'leaving' ? this.#leaving() : this.#named(this.own)
  }

  #offer() {
    return html`<p>${msg('Nobody is on the board who did not ask. You can leave again at any time.')}</p>
      <div class="actions">
        <button type="button" data-testid="board-join" @click=${this.#name}>${msg('Put my name on the board')}</button>
      </div>`
  }

  #named(own: NonNullable<Board['own']>) {
    return html`<p data-testid="board-place">${placeWords(this.by, own)}</p>
      <div class="actions">
        <button type="button" data-testid="board-change" @click=${this.#name}>${msg('Change name or team')}</button>
        <button class="quiet" type="button" data-testid="board-leave" @click=${this.#askToLeave}>
          ${msg('Leave the board')}
        </button>
      </div>`
  }

  #form(account: PublicKey) {
    const key = shortDigest(account)
    return html`<form data-testid="board-form" @submit=${this.#submit}>
      <label
        >${msg('Name')}<input
          name="name"
          required
          minlength=${NAME_LENGTH.least}
          maxlength=${NAME_LENGTH.most}
          autocomplete="nickname"
          .value=${this.own?.name ?? ''}
      /></label>
      <div>
        <label
          ><span>${msg('Team')} <span class="muted">${msg('(only if you like)')}</span></span
          ><input
            name="team"
            maxlength=${NAME_LENGTH.most}
            pattern=${TEAM_PATTERN}
            autocomplete="off"
            autocapitalize="none"
            spellcheck="false"
            aria-describedby="team"
            title=${msg('2 to 24 lower-case letters, digits and hyphens')}
            .value=${this.own?.team ?? ''}
        /></label>
        <p id="team" class="note">
          ${msg('Lower-case letters a to z, digits and hyphens. Whoever names a team is in it.')}
        </p>
      </div>
      <div class="public note">
        <p>
          <strong>${msg('What becomes public')}</strong>
          ${msg(str`This name and team, beside your key ${key} and what it earned. Key and credit are in the public log already; the name ties them to you.`)}
        </p>
        <p>
          ${msg('When you leave, name and team are erased here at once. What others copied meanwhile is out of our hands.')}
        </p>
      </div>
      <div class="actions">
        <button type="submit" ?disabled=${this.isSending}>
          ${this.own === null ? msg('Show me on the board') : msg('Change it')}
        </button>
        <button class="quiet" type="button" @click=${this.#cancel}>${msg('Cancel')}</button>
      </div>
    </form>`
  }

  #leaving() {
    return html`<p>
        ${msg('Your name and team are erased, and somebody else may take the name. Your credit and your key stay.')}
      </p>
      <div class="actions">
        <button type="button" data-testid="board-stay" @click=${this.#cancel}>${msg('Stay')}</button>
        <button
          class="fault"
          type="button"
          data-testid="board-leave-yes"
          ?disabled=${this.isSending}
          @click=${this.#leave}
        >
          ${msg('Leave and erase')}
        </button>
      </div>`
  }

  readonly #name = (): void => this.#do('naming', 'input')

  readonly #askToLeave = (): void => this.#do('leaving', '[data-testid=board-stay]')

  readonly #cancel = (): void => this.#do('nothing', 'button')

  readonly #submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const fields = new FormData(event.target as HTMLFormElement)
    const team = textOf(fields, 'team')
    // What keyboards write in two ways is one name.
    void this.#send({ name: textOf(fields, 'name').normalize('NFKC'), team: team === '' ? null : team })
  }

  readonly #leave = (): void => void this.#send(null)

  async #send(shown: BoardName | null): Promise<void> {
    if (this.isSending) return
    this.isSending = true
    this.trouble = null
    try {
      await this.say(shown)
      this.#do('nothing', 'button')
      this.said = shown === null ? 'left' : 'named'
    } catch (error) {
      this.trouble = toErrorRecord(error)
    } finally {
      this.isSending = false
    }
  }

  /** What had the focus is gone after a change of the view: the keyboard goes on at what took its place. */
  #do(doing: Doing, selector: string): void {
    this.doing = doing
    this.said = ''
    this.trouble = null
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(selector)?.focus())
  }
}

function textOf(fields: FormData, name: string): string {
  const value = fields.get(name)
  return typeof value === 'string' ? value.trim() : ''
}

function ownTitle({ name, team }: NonNullable<Board['own']>): string {
  return team === null ? msg(str`You are here as ${name}`) : msg(str`You are here as ${name}, in the team ${team}`)
}

/** Before the first node there is nothing to sign with, and nothing was earned. */
function keyless() {
  return html`<p>
    ${msg('A place comes with the first unit that is confirmed: contribute first, then choose a name here.')}
  </p>`
}

customElements.define('cw-board-name', BoardNamePanel)

declare global {
  interface HTMLElementTagNameMap {
    'cw-board-name': BoardNamePanel
  }
}
