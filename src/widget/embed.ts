// The tag that a site owner pastes. It runs on the host's page and therefore does next to nothing: it opens a frame of our own origin,
// where consent is asked, and repeats the frame's messages as events. It can neither give consent nor see anything of the node.
import { type Language, languageFor } from '#core/language-choice.ts'
import { ownStore } from './light.ts'
import { deviceFactsOf, offerFor } from './device-offer.ts'
import { sheetOf } from './dom.ts'
import type { FrameMessage } from './messages.ts'
import { dropRefusal, keepRefusal, refusedUntilMs } from './refusal.ts'

const WIDTH_PX = 340
const HEIGHT_PX = 384
const MIN_WIDTH_PX = 280
/** A strip has the terms beside the share from 560 pixels on; below, it stands as high as a box. */
const STRIP_HEIGHT_PX = 264
const STRIP_FROM_PX = 560
const QUIET_HEIGHT_PX = 64
// Of the script's own origin, whatever page it runs on.
const FRAME_URL = new URL('/embed', new URL(import.meta.url).origin)
/** What the site may wish; the frame reads and bounds it. */
const WISHES = ['theme', 'size', 'share', 'account', 'credit']
/** Said by screen readers on the host's page, which has none of our other words. */
// oxlint-disable words/in-messages -- the tag brings no tables along: this is all it says
const TITLES: Readonly<Record<Language, string>> = {
  en: 'Commonwatt: lend part of your GPU',
  'pt-BR': 'Commonwatt: empreste parte da sua GPU',
  'zh-Hans': 'Commonwatt：出借你的一部分 GPU',
}
// oxlint-enable words/in-messages
const STYLE = `:host { display: block; container-type: inline-size; width: ${WIDTH_PX}px; max-width: 100%; min-width: ${MIN_WIDTH_PX}px }
:host([size='strip']) { width: 100% }
:host([hidden]) { display: none }
iframe { display: block; width: 100%; height: ${HEIGHT_PX}px; border: 0; border-radius: 12px; color-scheme: light dark }
@container (min-width: ${STRIP_FROM_PX}px) { :host([size='strip']) iframe { height: ${STRIP_HEIGHT_PX}px } }
:host([quiet]) iframe { height: ${QUIET_HEIGHT_PX}px !important }`

/**
 * `<commonwatt-widget theme size share account credit>`: fires `commonwatt-consented`, `commonwatt-unit` (detail.unitsDone), `commonwatt-stopped`, and
 * `commonwatt-quiet` or `commonwatt-asking` when there is nothing, or something, to ask.
 */
export class CommonwattWidget extends HTMLElement {
  readonly #frame = document.createElement('iframe')

  constructor() {
    super()
    const root = this.attachShadow({ mode: 'open' })
    root.adoptedStyleSheets = [sheetOf(STYLE)]
    this.#frame.title = TITLES[languageFor(navigator.languages)]
    this.#frame.allow =
      'publickey-credentials-get; publickey-credentials-create; clipboard-write; compute-pressure; cross-origin-isolated'
    // No way out of the box: it cannot lead the host's page elsewhere, open dialogs over it, submit forms or download.
    this.#frame.setAttribute('sandbox', 'allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox')
    // The frame checks where it stands by itself; this keeps the host's own referrer policy from hiding it.
    this.#frame.referrerPolicy = 'origin'
    root.append(this.#frame)
  }

  connectedCallback(): void {
    if (offerFor(deviceFactsOf(window)) !== 'ask') {
      // Nothing of ours is fetched where nothing would be asked.
      this.hidden = true
      queueMicrotask(() => this.#fire({ type: 'commonwatt-quiet', isToBeKept: false }))
      return
    }
    const address = new URL(FRAME_URL)
    for (const name of WISHES) {
      const wish = this.getAttribute(name)
      if (wish !== null) address.searchParams.set(name, wish)
    }
    const untilMs = refusedUntilMs(ownStore(), Date.now())
    if (untilMs > 0) {
      this.setAttribute('quiet', '')
      address.searchParams.set('refused', String(untilMs))
    }
    addEventListener('message', this.#repeat)
    this.#frame.src = address.href
  }

  disconnectedCallback(): void {
    removeEventListener('message', this.#repeat)
  }

  readonly #repeat = ({ source, origin, data }: MessageEvent<unknown>): void => {
    if (source === null || source !== this.#frame.contentWindow || origin !== FRAME_URL.origin) return
    if (isFrameMessage(data)) this.#fire(data)
  }

  #fire(message: FrameMessage): void {
    if (message.type === 'commonwatt-quiet') {
      this.setAttribute('quiet', '')
      if (message.isToBeKept) keepRefusal(ownStore(), Date.now())
    } else if (message.type === 'commonwatt-asking' && this.hasAttribute('quiet')) {
      this.removeAttribute('quiet')
      dropRefusal(ownStore())
    }
    const detail = message.type === 'commonwatt-unit' ? { unitsDone: message.unitsDone } : null
    this.dispatchEvent(new CustomEvent(message.type, { detail, bubbles: true, composed: true }))
  }
}

const PLAIN_TYPES: readonly unknown[] = [
  'commonwatt-asking',
  'commonwatt-consented',
  'commonwatt-stopped',
] satisfies FrameMessage['type'][]

function isFrameMessage(data: unknown): data is FrameMessage {
  if (typeof data !== 'object' || data === null || !('type' in data)) return false
  if (PLAIN_TYPES.includes(data.type)) return true
  if (data.type === 'commonwatt-quiet') return 'isToBeKept' in data && typeof data.isToBeKept === 'boolean'
  return data.type === 'commonwatt-unit' && 'unitsDone' in data && Number.isSafeInteger(data.unitsDone)
}

/** The short form, one tag: a box behind each `<script src="…/embed.js" data-site>`, with its `data-theme`, `data-size` and `data-share`. */
function replaceShortForms(): void {
  for (const script of document.querySelectorAll<HTMLScriptElement>('script[data-site][src]')) {
    if (script.src !== import.meta.url) continue
    const widget = document.createElement('commonwatt-widget')
    for (const name of WISHES) {
      const wish = script.getAttribute(`data-${name}`)
      if (wish !== null) widget.setAttribute(name, wish)
    }
    script.after(widget)
  }
}

// A page may carry the tag's script twice; the first one wins.
if (customElements.get('commonwatt-widget') === undefined) {
  customElements.define('commonwatt-widget', CommonwattWidget)
  replaceShortForms()
}
