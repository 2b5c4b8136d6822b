// The tag that a site owner pastes. It runs on the host's page and therefore does next to nothing: it opens a frame of our own origin,
// where consent is asked, and repeats the frame's messages as events. It can neither give consent nor see anything of the node.
import type { FrameMessage } from './messages.ts'

const WIDTH_PX = 340
const HEIGHT_PX = 360
const MIN_WIDTH_PX = 280
// Of the script's own origin, whatever page it runs on.
const FRAME_URL = new URL('/embed', new URL(import.meta.url).origin)
const STYLE = `:host { display: block; width: ${WIDTH_PX}px; max-width: 100%; min-width: ${MIN_WIDTH_PX}px; height: ${HEIGHT_PX}px }
:host([hidden]) { display: none }
iframe { display: block; width: 100%; height: 100%; border: 0; border-radius: 12px; color-scheme: light dark }`

/** `<commonwatt-widget>`: fires `commonwatt-consented`, `commonwatt-unit` (detail.unitsDone) and `commonwatt-stopped`. */
export class CommonwattWidget extends HTMLElement {
  readonly #frame = document.createElement('iframe')

  constructor() {
    super()
    const root = this.attachShadow({ mode: 'open' })
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(STYLE)
    root.adoptedStyleSheets = [sheet]
    this.#frame.title = 'Commonwatt: lend part of your GPU'
    this.#frame.allow = 'publickey-credentials-get; publickey-credentials-create; clipboard-write'
    // The frame checks where it stands by itself; this keeps the host's own referrer policy from hiding it.
    this.#frame.referrerPolicy = 'origin'
    root.append(this.#frame)
  }

  connectedCallback(): void {
    this.#frame.src = FRAME_URL.href
    addEventListener('message', this.#repeat)
  }

  disconnectedCallback(): void {
    removeEventListener('message', this.#repeat)
  }

  readonly #repeat = ({ source, origin, data }: MessageEvent<unknown>): void => {
    if (source === null || source !== this.#frame.contentWindow || origin !== FRAME_URL.origin) return
    if (!isFrameMessage(data)) return
    const detail = data.type === 'commonwatt-unit' ? { unitsDone: data.unitsDone } : null
    this.dispatchEvent(new CustomEvent(data.type, { detail, bubbles: true, composed: true }))
  }
}

function isFrameMessage(data: unknown): data is FrameMessage {
  if (typeof data !== 'object' || data === null || !('type' in data)) return false
  if (data.type === 'commonwatt-consented' || data.type === 'commonwatt-stopped') return true
  return data.type === 'commonwatt-unit' && 'unitsDone' in data && Number.isSafeInteger(data.unitsDone)
}

// A page may carry the tag's script twice; the first one wins.
if (customElements.get('commonwatt-widget') === undefined) customElements.define('commonwatt-widget', CommonwattWidget)
