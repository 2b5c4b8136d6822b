// What a person should know before the click: what runs, what it costs, what is seen, how it ends. And which browsers have WebGPU.
import { msg, str, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import { type DeviceSort, FULL_LOAD_WATTS, PRODUCT_MEGABYTES, estimatedWatts } from '#ui/cost-estimate.ts'
import { formatCount, formatNumber, formatPercent } from '#ui/format.ts'
import { baseStyles } from '#ui/shared-styles.ts'

const SORTS: readonly DeviceSort[] = ['phone', 'laptop', 'desktop']

/** Whether this browser can lend a GPU: looked at without touching it. */
export type GpuSupport = 'yes' | 'no' | 'insecure'

/** Reads {@link GpuSupport} off the globals alone; requestAdapter waits for the click. */
export function gpuSupport(): GpuSupport {
  if (!globalThis.isSecureContext) return 'insecure'
  return 'gpu' in navigator ? 'yes' : 'no'
}

/** `<cw-facts gpu="yes" percent="50">`. */
export class ConsentFacts extends LitElement {
  static override properties = { gpu: {}, percent: { type: Number }, isKept: { type: Boolean } }
  static override styles = [
    baseStyles,
    css`
      dl {
        display: grid;
        gap: 16px;
      }
      dt {
        font-weight: 600;
      }
      dd {
        max-width: 62ch;
      }
      dd + dd {
        margin-top: 4px;
      }
      .support {
        margin-bottom: 24px;
        padding: 12px 16px;
        border-left: 4px solid var(--filament);
        background: var(--surface);
      }
      .support p + p {
        margin-top: 8px;
      }
    `,
  ]

  declare gpu: GpuSupport
  declare percent: number
  /** Whether it goes on by itself for thirty days. */
  declare isKept: boolean

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.gpu = 'yes'
    this.percent = 50
    this.isKept = false
  }

  override render() {
    const share = formatPercent(this.percent / 100)
    return html`${this.gpu === 'yes' ? nothing : this.#support()}
      <dl>
        <div>
          <dt>${msg('What runs')}</dt>
          <dd>
            ${msg('Large multiplications of numbers, in this tab. Only the programs that come with this page: whoever asks for work sends numbers, never code.')}
          </dd>
        </div>
        <div>
          <dt>${msg('What it costs you')}</dt>
          <dd data-testid="cost-share">
            ${this.#lent === 'gpu' ? msg(str`At most ${share} of your GPU.`) : msg(str`At most ${share} of your processor.`)}
          </dd>
          <dd data-testid="cost-watts">${this.#wattWords()}</dd>
          <dd data-testid="cost-traffic">${trafficWords()}</dd>
        </div>
        <div>
          <dt>${msg('When it rests')}</dt>
          <dd>
            ${msg('As the line below the button says. It works in steps of a few milliseconds while you see this tab, eases off for half a minute when you use it, and gives way when your device is busy, slow to draw or hot, as far as your browser tells.')}
          </dd>
        </div>
        <div>
          <dt>${msg('What it sees')}</dt>
          <dd>
            ${msg('No files, no history, nothing else on your device. It keeps one key of its own in this browser.')}
          </dd>
        </div>
        <div>
          <dt>${msg('What others see')}</dt>
          <dd>
            ${msg('Your network address, as in a video call, because nodes check one another’s results directly.')}
          </dd>
        </div>
        <div>
          <dt>${msg('What you get')}</dt>
          <dd>
            ${msg('Credit for each result that another node reached too, with the reason beside it. Credit pays for work on this grid; it is not a promise of income.')}
          </dd>
        </div>
        <div>
          <dt>${msg('How it ends')}</dt>
          <dd>
            ${
              this.isKept
                ? msg('With a click on Stop, or when you close the tab. After 30 days it stops and asks you again.')
                : msg('With a click on Stop, or when you close the tab. After 24 hours it stops and asks you again.')
            }
          </dd>
        </div>
      </dl>`
  }

  get #lent(): 'gpu' | 'processor' {
    return this.gpu === 'yes' ? 'gpu' : 'processor'
  }

  #wattWords() {
    const [phone, laptop, desktop] = SORTS.map((sort) => wattText(estimatedWatts(this.#lent, sort, this.percent / 100)))
    const [phoneFull, laptopFull, desktopFull] = SORTS.map((sort) => wattText(FULL_LOAD_WATTS[this.#lent][sort]))
    return msg(
      str`Electricity, estimated: about ${phone} on a phone, ${laptop} on a laptop, ${desktop} on a desktop computer while it works. That is your share of what such a device typically draws for it at full load (${phoneFull}, ${laptopFull}, ${desktopFull}); a browser cannot measure yours.`,
    )
  }

  #support() {
    return html`<div class="support" data-testid="no-webgpu">
      ${
        this.gpu === 'insecure'
          ? html`<p><strong>${msg('Your browser hides the GPU here, because this address is not secure.')}</strong></p>
              <p>${msg('Open the page over https, or on localhost.')}</p>`
          : html`<p><strong>${msg('This browser has no WebGPU, so your GPU cannot be lent from it.')}</strong></p>
              <p>
                ${msg('Chrome and Edge 113 or later have it, as do Safari 26 and Firefox 141 on Windows (145 on Macs with Apple chips).')}
              </p>`
      }
      <p>
        ${msg('You can still contribute from here: the same work then runs on your processor, with the same results and the same credit for each, only far more slowly.')}
      </p>
    </div>`
  }
}

function wattText(watts: number): string {
  return `${formatNumber(watts)}\u00A0W`
}

function trafficWords(): string {
  const { least, most, largest } = PRODUCT_MEGABYTES
  const range = `${formatCount(least)}–${formatCount(most)}\u00A0MB`
  const limit = `${formatCount(largest)}\u00A0MB`
  return msg(
    str`Traffic, estimated: ${range} for a product of matrices as they usually are, at most about ${limit}; kilobytes for a text, after its language model was fetched once, which takes as many megabytes as the model has. How many units come depends on what others ask for.`,
  )
}

customElements.define('cw-facts', ConsentFacts)

declare global {
  interface HTMLElementTagNameMap {
    'cw-facts': ConsentFacts
  }
}
