// The log's page: the signed checkpoint held against what this browser saw before, and the entries, each proven here. It follows the log.
import { LitElement, css, html, nothing } from 'lit'
import type { ExplorerApi } from '#sdk/explore/explorer.ts'
import type { LogRow, LogState } from '#sdk/explore/log-reader.ts'
import { group, plural } from '#ui/format.ts'
import { baseStyles, buttonStyles } from '#ui/shared-styles.ts'
import '#ui/elements/digest-text.ts'
import './alarm-card.ts'
import { explorerStyles } from './explorer-styles.ts'
import './log-entries.ts'
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
    this.api = null
    this.state = null
    this.rows = []
    this.end = null
    this.isLoading = true
    this.trouble = null
  }

  override connectedCallback(): void {
    super.connectedCallback()
    document.title = 'Log · Commonwatt'
    this.end = endOf(location.search)
    document.addEventListener('visibilitychange', this.#wake)
    void this.#follow()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    document.removeEventListener('visibilitychange', this.#wake)
    clearTimeout(this.#timer)
  }

  override render() {
    const { state } = this
    return html`<div class="page">
      ${pageHeader(true)}
      <main>
        <cw-alarm .alarm=${state?.alarm ?? null} @cw-begin-anew=${this.#beginAnew}></cw-alarm>
        <h1>Everything this grid decided, in public</h1>
        <p class="lead">
          Your browser checks every entry on this page: its digest must lead, step by step, to the root that the
          coordinator signed.
        </p>
        <cw-trouble class="block" ?hidden=${this.trouble === null} .trouble=${this.trouble}></cw-trouble>
        <div class="columns">
          <aside class="block side" aria-label="The log as it is signed">${this.#checkpoint(state)}</aside>
          <section class="block list" aria-labelledby="entries">
            <h2 id="entries" class="unseen">Entries, newest first</h2>
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
      <p>
        <span class="size figure" data-testid="size">${state === null ? '–' : group(String(state.size))}</span> entries,
        signed by the coordinator
      </p>
      <p class="standing line" data-testid="standing">${standing(state)}</p>
      <dl class="facts">
        <dt>Network</dt>
        <dd>
          ${state === null ? '–' : html`${state.name} <cw-digest .value=${state.network} label="network’s id"></cw-digest>`}
        </dd>
        <dt>Root</dt>
        <dd>${state === null ? '–' : html`<cw-digest .value=${state.root} label="root"></cw-digest>`}</dd>
        <dt>Key</dt>
        <dd>
          ${state === null ? '–' : html`<cw-digest .value=${state.coordinator} label="coordinator’s key"></cw-digest>`}
        </dd>
        <dt>Witnesses</dt>
        <dd data-testid="witnesses">${state === null ? '–' : witnesses(state.witnesses)}</dd>
      </dl>
      <p class="note">
        This browser remembers the largest log that it has checked. If the coordinator ever shows you another one, you
        are told here, with proof.
      </p>
    </div>`
  }

  #proven() {
    const { rows } = this
    if (rows.length === 0)
      return html`<p role="status" class="muted">${this.isLoading ? 'Fetching and checking …' : 'No entries.'}</p>`
    const refused = rows.filter(({ reason }) => reason !== '').length
    return html`<p role="status" class="line" data-testid="proven">
      ${sign(refused === 0 ? 'good' : 'bad')}
      <span
        >${
          refused === 0
            ? `${rows.length === 1 ? '1 entry' : `${rows.length} entries`} on this page, each proven`
            : html`<strong class="bad">${refused} of ${rows.length} are not proven to be in the log</strong>`
        }</span
      >
    </p>`
  }

  #newer() {
    const count = (this.state?.size ?? 0) - this.#shownSize
    if (this.end !== null || count <= 0 || this.rows.length === 0) return nothing
    return html`<button class="quiet" type="button" data-testid="show-newer" @click=${this.#showNewest}>
      ${count} newer: show
    </button>`
  }

  #pager() {
    const [first, last] = [this.rows[0]?.index ?? 0, this.rows.at(-1)?.index ?? 0]
    const size = this.state?.size ?? 0
    if (this.rows.length === 0) return nothing
    return html`<nav class="pager" aria-label="Pages of the log">
      ${
        this.end === null
          ? nothing
          : html`<button
                type="button"
                @click=${() => this.#goTo(first + 1 + this.rows.length >= size ? null : first + 1 + this.rows.length)}
              >
                Newer
              </button>
              <button class="quiet" type="button" @click=${this.#showNewest}>Newest</button>`
      }
      ${
        last === 0
          ? nothing
          : html`<button type="button" data-testid="older" @click=${() => this.#goTo(last)}>Older</button>`
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
  if (state === null) return html`${sign('wait')}<span class="muted">Checking …</span>`
  if (state.alarm?.isNow === true)
    return html`${sign('bad')}<strong class="bad">This is not the log you saw before.</strong>`
  if (state.remembered === null) return html`${sign('good')}<span>Your first visit: remembered from now on.</span>`
  const before = group(String(state.remembered))
  return html`${sign('good')}<span>Continues the ${before} entries that you saw before.</span>`
}

function witnesses(count: number) {
  return count === 0 ? 'none has cosigned this one yet' : `${plural(count, 'node')} cosigned it`
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
