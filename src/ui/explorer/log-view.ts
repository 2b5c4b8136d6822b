// The log's page: the signed checkpoint held against what this browser saw before, and the entries, each proven here. It follows the log.
import { msg, str, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import type { ExplorerApi } from '#sdk/explore/explorer.ts'
import type { LogRow, LogState } from '#sdk/explore/log-reader.ts'
import { baseStyles, buttonStyles } from '#ui/shared-styles.ts'
import '#ui/elements/digest-text.ts'
import './alarm-card.ts'
import { explorerStyles } from './explorer-styles.ts'
import './log-entries.ts'
import { continuesWords, provenWords, refusedWords, sizeWords, witnessWords } from './log-words.ts'
import { pageFooter, pageHeader, sign } from './page-frame.ts'
import './trouble-card.ts'
import { type Trouble, troubleOf } from './trouble.ts'

/** The log is looked at this often while the page is on show. */
const FOLLOW_MS = 4_000

/** `<cw-log .api=…>`. */
export class LogView extends LitElement {
  static override properties = {
    api: { attribute: false },
    state: { state: true },
    rows: { state: true },
    end: { state: true },
    isLoading: { state: true },
    trouble: { state: true },
  }
  static override styles = [
    baseStyles,
    buttonStyles,
    explorerStyles,
    css`
      .size {
        font-size: var(--size-title);
        font-weight: 600;
        line-height: 1.25;
      }
      .bar {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: 4px 16px;
        min-height: 48px;
        border-bottom: 1px solid var(--line);
      }
      .list {
        min-height: 100vh;
      }
      .pager {
        display: flex;
        gap: 12px;
        margin-top: 16px;
      }
      .facts {
        margin-top: 12px;
      }
      .standing {
        margin-top: 8px;
        min-height: 48px;
      }
      @media (min-width: 480px) {
        .standing {
          min-height: 24px;
        }
      }
      .side .note {
        margin-top: 12px;
      }
    `,
  ]

  declare api: ExplorerApi | null
  declare state: LogState | null
  declare rows: readonly LogRow[]
  /** The page ends before this entry; null follows the newest. */
  declare end: number | null
  declare isLoading: boolean
  declare trouble: Trouble | null
  /** Size of the log when the newest page was fetched. */
  #shownSize = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.api = null
    this.state = null
    this.rows = []
    this.end = null
    this.isLoading = true
    this.trouble = null
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.end = endOf(location.search)
    document.addEventListener('visibilitychange', this.#wake)
    void this.#follow()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    document.removeEventListener('visibilitychange', this.#wake)
    clearTimeout(this.#timer)
  }

  protected override willUpdate(): void {
    document.title = msg('Log · Commonwatt')
  }

  override render() {
    const { state } = this
    return html`<div class="page">
      ${pageHeader(true)}
      <main>
        <cw-alarm .alarm=${state?.alarm ?? null} @cw-begin-anew=${this.#beginAnew}></cw-alarm>
        <h1>${msg('Everything this grid decided, in public')}</h1>
        <p class="lead">
          ${msg('Your browser checks every entry on this page: its digest must lead, step by step, to the root that the coordinator signed.')}
        </p>
        <cw-trouble class="block" ?hidden=${this.trouble === null} .trouble=${this.trouble}></cw-trouble>
        <div class="columns">
          <aside class="block side" aria-label=${msg('The log as it is signed')}>${this.#checkpoint(state)}</aside>
          <section class="block list" aria-labelledby="entries">
            <h2 id="entries" class="unseen">${msg('Entries, newest first')}</h2>
            <div class="bar">${this.#proven()} ${this.#newer()}</div>
            <cw-entries .rows=${this.rows} aria-busy=${this.isLoading ? 'true' : 'false'}></cw-entries>
            ${this.#pager()}
          </section>
        </div>
      </main>
      ${pageFooter()}
    </div>`
  }

  #checkpoint(state: LogState | null) {
    return html`<div class="card" data-testid="checkpoint">
      <p>${sizeWords(state)}</p>
      <p class="standing line" data-testid="standing">${standing(state)}</p>
      <dl class="facts">
        <dt>${msg('Network')}</dt>
        <dd>
          ${state === null ? '–' : html`${state.name} <cw-digest .value=${state.network} label=${msg('Copy the network’s id')}></cw-digest>`}
        </dd>
        <dt>${msg('Root')}</dt>
        <dd>
          ${state === null ? '–' : html`<cw-digest .value=${state.root} label=${msg('Copy the root')}></cw-digest>`}
        </dd>
        <dt>${msg('Key')}</dt>
        <dd>
          ${state === null ? '–' : html`<cw-digest .value=${state.coordinator} label=${msg('Copy the coordinator’s key')}></cw-digest>`}
        </dd>
        <dt>${msg('Witnesses')}</dt>
        <dd data-testid="witnesses">${state === null ? '–' : witnessWords(state.witnesses)}</dd>
      </dl>
      <p class="note">
        ${msg('This browser remembers the largest log that it has checked. If the coordinator ever shows you another one, you are told here, with proof.')}
      </p>
    </div>`
  }

  #proven() {
    const { rows } = this
    if (rows.length === 0)
      return html`<p role="status" class="muted">
        ${this.isLoading ? msg('Fetching and checking …') : msg('No entries.')}
      </p>`
    const refused = rows.filter(({ doubt }) => doubt !== null).length
    return html`<p role="status" class="line" data-testid="proven">
      ${sign(refused === 0 ? 'good' : 'bad')}
      <span
        >${refused === 0 ? provenWords(rows.length) : html`<strong class="bad">${refusedWords(refused, rows.length)}</strong>`}</span
      >
    </p>`
  }

  #newer() {
    const count = (this.state?.size ?? 0) - this.#shownSize
    if (this.end !== null || count <= 0 || this.rows.length === 0) return nothing
    return html`<button class="quiet" type="button" data-testid="show-newer" @click=${this.#showNewest}>
      ${msg(str`${count} newer: show`)}
    </button>`
  }

  #pager() {
    const [first, last] = [this.rows[0]?.index ?? 0, this.rows.at(-1)?.index ?? 0]
    const size = this.state?.size ?? 0
    if (this.rows.length === 0) return nothing
    return html`<nav class="pager" aria-label=${msg('Pages of the log')}>
      ${
        this.end === null
          ? nothing
          : html`<button
                type="button"
                @click=${() => this.#goTo(first + 1 + this.rows.length >= size ? null : first + 1 + this.rows.length)}
              >
                ${msg('Newer')}
              </button>
              <button class="quiet" type="button" @click=${this.#showNewest}>${msg('Newest')}</button>`
      }
      ${
        last === 0
          ? nothing
          : html`<button type="button" data-testid="older" @click=${() => this.#goTo(last)}>${msg('Older')}</button>`
      }
    </nav>`
  }

  /** Looks, and again after a while; while the page is hidden it rests. */
  async #follow(): Promise<void> {
    clearTimeout(this.#timer)
    try {
      await this.#look()
    } finally {
      this.#timer = setTimeout(() => {
        if (document.visibilityState === 'visible') void this.#follow()
      }, FOLLOW_MS)
    }
  }

  async #look(): Promise<void> {
    const { api } = this
    if (api === null) return
    try {
      this.state = await api.look()
      if (this.rows.length === 0 || this.trouble !== null) await this.#load()
      this.trouble = null
    } catch (error) {
      this.isLoading = false
      this.trouble = troubleOf(error, 'log')
    }
  }

  async #load(): Promise<void> {
    const { api, state, end } = this
    if (api === null || state === null) return
    this.isLoading = true
    this.rows = await api.page(end ?? state.size)
    if (end === null) this.#shownSize = state.size
    this.isLoading = false
  }

  async #goTo(end: number | null): Promise<void> {
    this.end = end
    history.replaceState(null, '', end === null ? '/explorer' : `/explorer?before=${end}`)
    try {
      await this.#load()
      this.trouble = null
    } catch (error) {
      this.isLoading = false
      this.trouble = troubleOf(error, 'log')
    }
    this.renderRoot.querySelector('.bar')?.scrollIntoView({ block: 'start' })
  }

  readonly #showNewest = (): void => void this.#goTo(null)

  readonly #wake = (): void => {
    if (document.visibilityState === 'visible') void this.#follow()
  }

  readonly #beginAnew = async (): Promise<void> => {
    const { api } = this
    if (api === null) return
    this.state = await api.beginAnew()
    await this.#goTo(null)
  }
}

function standing(state: LogState | null) {
  if (state === null) return html`${sign('wait')}<span class="muted">${msg('Checking …')}</span>`
  if (state.alarm?.isNow === true)
    return html`${sign('bad')}<strong class="bad">${msg('This is not the log you saw before.')}</strong>`
  if (state.remembered === null)
    return html`${sign('good')}<span>${msg('Your first visit: remembered from now on.')}</span>`
  return html`${sign('good')}<span>${continuesWords(state.remembered)}</span>`
}

/** Where `?before=` says that the page ends; null for the newest entries. */
function endOf(search: string): number | null {
  const text = new URLSearchParams(search).get('before') ?? ''
  return /^[1-9][0-9]{0,14}$/.test(text) ? Number(text) : null
}

customElements.define('cw-log', LogView)

declare global {
  interface HTMLElementTagNameMap {
    'cw-log': LogView
  }
}
