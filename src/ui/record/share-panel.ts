// A card to show others: what this device did, on which grid. It is drawn here and goes nowhere; the person saves or copies it. No key is on it.
import { msg, str, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, type PropertyValues, css, html, nothing } from 'lit'
import { byCount, formatCount, formatCredits, formatDay } from '#ui/format.ts'
import { baseStyles, buttonStyles } from '#ui/shared-styles.ts'
import type { CardText } from './card-picture.ts'
import { download } from './download.ts'
import type { Totals } from './kept.ts'

/** `<cw-share .totals=…>`: offered once there is something to show. */
export class SharePanel extends LitElement {
  static override properties = {
    totals: { attribute: false },
    isShown: { state: true },
    said: { state: true },
    trouble: { state: true },
  }
  static override styles = [
    baseStyles,
    buttonStyles,
    css`
      p {
        margin-top: 8px;
      }
      canvas {
        display: block;
        width: 100%;
        max-width: 560px;
        height: auto;
        margin-top: 12px;
        aspect-ratio: 1200 / 630;
        border: 1px solid var(--line);
        border-radius: 12px;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: 8px 12px;
        margin-top: 12px;
      }
      .trouble {
        color: var(--fault);
      }
    `,
  ]

  declare totals: Totals | null
  declare isShown: boolean
  declare said: string
  declare trouble: string

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.totals = null
    this.isShown = false
    this.said = ''
    this.trouble = ''
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (this.isShown && (changed.has('isShown') || changed.has('totals'))) void this.#draw()
  }

  override render() {
    const { totals } = this
    if (totals === null || totals.agreed === 0) return nothing
    return html`<h2>${msg('Show what you did')}</h2>
      <p>${msg('A picture made in this browser, without your key. It is sent nowhere.')}</p>
      ${this.isShown ? this.#card(totals) : this.#offer()}`
  }

  #offer() {
    return html`<div class="actions">
      <button type="button" data-testid="card-make" @click=${this.#show}>${msg('Make a card')}</button>
    </div>`
  }

  #card(totals: Totals) {
    return html`<canvas
        role="img"
        width="1200"
        height="630"
        aria-label=${spoken(cardText(totals))}
        data-testid="card"
      ></canvas>
      <div class="actions">
        <button type="button" data-testid="card-save" @click=${this.#save}>${msg('Save the picture')}</button>
        <button type="button" data-testid="card-copy" @click=${this.#copy}>${msg('Copy the picture')}</button>
      </div>
      <p class="note" role="status">${this.said}</p>
      <p class="trouble" role="alert">${this.trouble}</p>`
  }

  readonly #show = (): void => {
    this.isShown = true
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('[data-testid=card-save]')?.focus())
  }

  readonly #save = async (): Promise<void> => {
    this.#say('', '')
    const blob = await this.#picture()
    if (blob === null) return
    download(blob, 'commonwatt.png')
    this.#say(msg('Saved as commonwatt.png.'), '')
  }

  readonly #copy = async (): Promise<void> => {
    this.#say('', '')
    try {
      const blob = await this.#picture()
      if (blob === null) return
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': blob })])
      this.#say(msg('Copied.'), '')
    } catch {
      this.#say('', msg('The browser did not allow copying a picture. Save it instead.'))
    }
  }

  async #draw(): Promise<HTMLCanvasElement | null> {
    const canvas = this.renderRoot.querySelector('canvas')
    if (canvas === null || this.totals === null) return null
    const { drawCard } = await import('./card-picture.ts')
    await drawCard(canvas, cardText(this.totals))
    return canvas
  }

  /** The card as it is now: drawn once more, so that what is saved is never an empty canvas. */
  async #picture(): Promise<Blob | null> {
    const canvas = await this.#draw().catch(() => null)
    const blob = await new Promise<Blob | null>((resolve) => {
      if (canvas === null) resolve(null)
      else canvas.toBlob(resolve, 'image/png')
    })
    if (blob === null) this.#say('', msg('The picture could not be made. Reload the page and try again.'))
    return blob
  }

  #say(said: string, trouble: string): void {
    this.said = said
    this.trouble = trouble
  }
}

/** What stands on the card. */
function cardText({ agreed, credited, sinceMs }: Totals): CardText {
  return {
    figure: formatCount(agreed),
    of: byCount(agreed, {
      one: msg('unit of work, checked by others'),
      other: msg('units of work, each checked by others'),
    }),
    lines: [
      msg(str`${formatCredits(credited, 3)} credits earned since ${formatDay(sinceMs)}`),
      msg(str`My device, lent to the grid at ${location.host}`),
    ],
    foot: msg(str`Anyone can check it: ${location.host}/explorer`),
  }
}

function spoken({ figure, of, lines, foot }: CardText): string {
  return [`${figure} ${of}`, ...lines, foot].join('. ')
}

customElements.define('cw-share', SharePanel)

declare global {
  interface HTMLElementTagNameMap {
    'cw-share': SharePanel
  }
}
