// The page for owners of sites: what visitors' splits brought, by day and by site, and the tag that brings it.
import { msg, str, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, type TemplateResult, html, nothing } from 'lit'
import { systemClock } from '#core/clock.ts'
import { isPublicKey } from '#core/ed25519.ts'
import type { SiteDay, SiteEarnings } from '#sdk/sites.ts'
import { pageFooter, pageHeader } from '#ui/explorer/page-frame.ts'
import { explorerStyles } from '#ui/explorer/explorer-styles.ts'
import '#ui/explorer/trouble-card.ts'
import { type Trouble, troubleOf } from '#ui/explorer/trouble.ts'
import { formatCount, formatCredits, formatDay, shortDigest } from '#ui/format.ts'
import { baseStyles, buttonStyles } from '#ui/shared-styles.ts'
import './day-bars.ts'
import { earningsStyles } from './earnings-styles.ts'
import { type Sum, askedFor, daySums, sumsBy, totalOf } from './site-sums.ts'

/** Days that the bars show. */
const SHOWN_DAYS = 30

/** `<cw-earnings .ask=… .name=…>`: asks for `name` when it is connected; fires `cw-asked` with the name of every question. */
export class EarningsView extends LitElement {
  static override properties = {
    ask: { attribute: false },
    name: { attribute: false },
    earnings: { state: true },
    isLoading: { state: true },
    isUnread: { state: true },
    trouble: { state: true },
  }
  static override styles = [baseStyles, buttonStyles, explorerStyles, earningsStyles]

  declare ask: ((name: string) => Promise<SiteEarnings>) | null
  declare name: string
  declare earnings: SiteEarnings | null
  declare isLoading: boolean
  /** What was typed is neither a key nor an address. */
  declare isUnread: boolean
  declare trouble: Trouble | null

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.ask = null
    this.name = ''
    this.earnings = null
    this.isLoading = false
    this.isUnread = false
    this.trouble = null
  }

  override connectedCallback(): void {
    super.connectedCallback()
    if (this.name !== '') void this.#show(this.name)
  }

  override render() {
    const { earnings } = this
    return html`<div class="page">
      ${pageHeader(false)}
      <main>
        <h1>${msg('What your site has earned')}</h1>
        <p class="lead">
          ${msg('Visitors who lend part of their device on your site agree to share their credit with it, as your tag says. Here is what came of it.')}
        </p>
        ${this.#form()}
        <cw-trouble .trouble=${this.trouble} canRetry @cw-retry=${() => this.#show(this.name)}></cw-trouble>
        <div aria-live="polite">${earnings === null ? nothing : this.#earned(earnings)}</div>
      </main>
      ${pageFooter()}
    </div>`
  }

  #form() {
    return html`<form novalidate @submit=${this.#submit}>
      <label for="name">${msg('The key of your account, or the address of your site')}</label>
      <div class="ask">
        <input
          id="name"
          name="name"
          autocomplete="off"
          autocapitalize="off"
          spellcheck="false"
          maxlength="2000"
          .value=${this.name}
          aria-invalid=${this.isUnread ? 'true' : 'false'}
          aria-describedby="hint"
        />
        <button class="primary" type="submit" ?disabled=${this.isLoading}>${msg('Show')}</button>
      </div>
      <p id="hint" class=${this.isUnread ? 'bad' : 'note'} role=${this.isUnread ? 'alert' : nothing}>
        ${
          this.isUnread
            ? msg('This is neither. A key has 64 digits from 0 to f, an address looks like https://garden.example.')
            : msg(
                'The account that your tag names. The command “commonwatt account create” makes one and shows its key.',
              )
        }
      </p>
    </form>`
  }

  #earned({ account, days, from }: SiteEarnings) {
    const total = totalOf(days)
    if (days.length === 0) return html`${this.#nothingYet()} ${this.#tag()}`
    return html`<section class="block" aria-labelledby="sum">
        <h2 id="sum">${msg(str`Since ${formatDay(Date.parse(from), true)}`)}</h2>
        <dl class="sums">
          ${fact(msg('Credit earned'), formatCredits(total.amount.toString()), 'large')}
          ${fact(msg('Units'), formatCount(total.units))}
          ${account === null ? nothing : fact(msg('Pending'), formatCredits(account.pending))}
          ${account === null ? nothing : fact(msg('Can be spent'), formatCredits(account.balance))}
          ${account === null || account.burned === '0' ? nothing : fact(msg('Lost by faults'), formatCredits(account.burned))}
        </dl>
        ${
          account === null
            ? nothing
            : html`<p class="note">
                ${msg('Credit can be spent three days after it was earned. Until then it is lost with that of a visitor whose work is proven wrong.')}
              </p>`
        }
      </section>
      <section class="block" aria-labelledby="by-day">
        <h2 id="by-day">${msg('By day')}</h2>
        <cw-day-bars .days=${daySums(days, from, systemClock.nowMs(), SHOWN_DAYS)}></cw-day-bars>
        ${table(
          msg('Day'),
          sumsBy(days, ({ day }) => day)
            .toSorted((a, b) => (a.key < b.key ? 1 : -1))
            .map(({ key, units, amount }) => ({ units, amount, shown: formatDay(Date.parse(key), true) })),
        )}
      </section>
      ${bySite(days, account !== null)} ${this.#tag()}`
  }

  #nothingYet() {
    return html`<section class="block card" data-testid="nothing">
      <h2>${msg('Nothing was earned yet')}</h2>
      <p>
        ${msg('Credit comes with the first unit that a visitor’s device does on your site and that others confirm. Check that your tag names this account.')}
      </p>
    </section>`
  }

  #tag() {
    const { origin } = location
    const account = isPublicKey(this.name) ? this.name : '…'
    const tag = `<script type="module" src="${origin}/embed.js"></script>\n<commonwatt-widget account="${account}" credit="20"></commonwatt-widget>`
    return html`<section class="block" aria-labelledby="tag">
      <h2 id="tag">${msg('The tag')}</h2>
      <p class="note">
        ${msg('Whole per cent of the credit, 1 to 50, go to the account; each visitor reads how much before agreeing.')}
      </p>
      <pre class="card" tabindex="0" aria-labelledby="tag"><code>${tag}</code></pre>
    </section>`
  }

  readonly #submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const typed = this.renderRoot.querySelector('input')?.value ?? ''
    const asked = askedFor(typed)
    this.isUnread = asked === null
    if (asked !== null) void this.#show(asked)
  }

  async #show(name: string): Promise<void> {
    if (this.ask === null || this.isLoading) return
    this.name = name
    this.isLoading = true
    this.trouble = null
    this.dispatchEvent(new CustomEvent('cw-asked', { detail: name }))
    try {
      this.earnings = await this.ask(name)
    } catch (error) {
      this.earnings = null
      this.trouble = troubleOf(error, 'unit')
    } finally {
      this.isLoading = false
    }
  }
}

function fact(name: string, value: string, kind = ''): TemplateResult {
  return html`<div class=${kind}>
    <dt>${name}</dt>
    <dd class="figure">${value}</dd>
  </div>`
}

/** Of an account the sites, of a site the accounts; left out where there is only one site, which is the one that was meant. */
function bySite(days: readonly SiteDay[], isAccount: boolean): TemplateResult | typeof nothing {
  const sums = sumsBy(days, ({ site, account }) => (isAccount ? site : account))
  if (sums.length === 1 && !isAccount) return nothing
  const title = isAccount ? msg('By site') : msg('By account')
  const shown = sums.map(({ key, units, amount }) => ({ units, amount, shown: isAccount ? key : shortDigest(key) }))
  return html`<section class="block" aria-labelledby="by-site">
    <h2 id="by-site">${title}</h2>
    ${table(isAccount ? msg('Site') : msg('Account'), shown)}
    ${isAccount ? html`<p class="note">${msg('Which site it was is what visitors’ browsers say. What the account was paid is in the public log.')}</p>` : nothing}
  </section>`
}

function table(name: string, rows: readonly (Sum & { readonly shown: string })[]): TemplateResult {
  return html`<table>
    <thead>
      <tr>
        <th scope="col">${name}</th>
        <th scope="col" class="end">${msg('Units')}</th>
        <th scope="col" class="end">${msg('Credit')}</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        ({ shown, units, amount }) =>
          html`<tr>
            <th scope="row">${shown}</th>
            <td class="end figure">${formatCount(units)}</td>
            <td class="end figure">${formatCredits(amount.toString())}</td>
          </tr>`,
      )}
    </tbody>
  </table>`
}

customElements.define('cw-earnings', EarningsView)

declare global {
  interface HTMLElementTagNameMap {
    'cw-earnings': EarningsView
  }
}
