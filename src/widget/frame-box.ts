// The box in the widget's frame: consent asked on our own origin, one button that starts and stops, and room for the node's figures. It
// takes no orders from the page around it: a click counts only if a person made it, on terms in plain sight or in a window of our own.
import { DEFAULT_SHARE, type KeyStore } from './light.ts'
import type { ConfirmTerms } from './confirm-terms.ts'
import type { Confirmation } from './confirm-window.ts'
import { type Sight, answerTo } from './consent-gate.ts'
import type { Offer } from './device-offer.ts'
import { sheetOf } from './dom.ts'
import { type FrameMode, modeOf } from './frame-mode.ts'
import { FRAME_STYLE } from './frame-style.ts'
import { type FrameTemplate, frameTemplate } from './frame-template.ts'
import { frameWords, percentWords, quietWordsFor } from './frame-words.ts'
import { type HostOptions, shareUnder } from './host-options.ts'
import type { FrameMessage } from './messages.ts'
import { dropRefusal, keepRefusal, refusedUntilMs } from './refusal.ts'
import { watchSight } from './sight.ts'
import type { Working, WorkingState } from './working.ts'

/** What a box is made of. */
export type FrameParts = {
  readonly site: string | null
  readonly options: HostOptions
  readonly offer: Offer
  readonly hasGpu: boolean
  readonly store: KeyStore | null
  /** The end of a refusal that the tag kept for us; 0 where there is none. */
  readonly toldRefusedUntilMs: number
  readonly nowMs: () => number
  readonly confirm: (terms: Omit<ConfirmTerms, 'nonce'>, signal: AbortSignal) => Promise<Confirmation>
  readonly openWorking: (site: string) => Promise<Working>
  readonly tell: (message: FrameMessage) => void
}

/** `<cw-frame>`: give it its `parts` before it is connected. Reflects `mode`, `size`, and `seen` while a click would count. */
export class FrameBox extends HTMLElement {
  parts: FrameParts | null = null
  readonly #root = this.attachShadow({ mode: 'open' })
  #template: FrameTemplate | null = null
  #endWatch = () => {}
  #sight: Sight = 'unseen'
  #refusedUntilMs = 0
  #working: Working | null = null
  #starting: AbortController | null = null
  #isConfirming = false
  #wasOn = false
  #unitsTold = 0

  connectedCallback(): void {
    const { parts } = this
    if (parts === null || this.#template !== null) return
    const template = frameTemplate(parts.site, parts.hasGpu, parts.options)
    this.#template = template
    this.#root.adoptedStyleSheets = [sheetOf(FRAME_STYLE)]
    this.#root.append(...template.all)
    this.#refusedUntilMs = Math.max(refusedUntilMs(parts.store, parts.nowMs()), parts.toldRefusedUntilMs)
    this.setAttribute('size', parts.options.size)
    template.range.value = String(Math.round(shareUnder(parts.options, DEFAULT_SHARE) * 100))
    this.#listen(template, parts)
    this.#endWatch = watchSight(template.consent, (sight) => {
      this.#sight = sight
      this.toggleAttribute('seen', sight === 'seen')
    })
    this.#draw()
    if (this.#mode() === 'asking') parts.tell({ type: 'commonwatt-asking' })
    else parts.tell({ type: 'commonwatt-quiet', isToBeKept: false })
  }

  disconnectedCallback(): void {
    this.#endWatch()
  }

  /** Shows a node that may be running already, as after consent. */
  adopt(working: Working): void {
    this.#working = working
    this.append(working.view)
    working.onChange((state) => this.#follow(state))
    this.#follow(working.state)
  }

  #listen({ button, confirm, range, recall, refuse }: FrameTemplate, parts: FrameParts): void {
    button.addEventListener('click', (event) => {
      // The second click of a double-click would undo the first.
      if (event.detail > 1) return
      if (this.#isOn()) this.#stop()
      else this.#ask(event, this.#sight)
    })
    confirm.addEventListener('click', (event) => this.#ask(event, 'unknown'))
    range.addEventListener('input', () => this.#draw())
    refuse.addEventListener('click', () => {
      this.#refusedUntilMs = keepRefusal(parts.store, parts.nowMs())
      this.#say('')
      const isToBeKept = refusedUntilMs(parts.store, parts.nowMs()) === 0
      parts.tell({ type: 'commonwatt-quiet', isToBeKept })
      this.#template?.recall.focus()
    })
    recall.addEventListener('click', () => {
      dropRefusal(parts.store)
      this.#refusedUntilMs = 0
      this.#draw()
      parts.tell({ type: 'commonwatt-asking' })
      this.#template?.button.focus()
    })
  }

  #ask(click: MouseEvent, sight: Sight): void {
    if (this.#mode() !== 'asking' || this.#starting !== null) return
    const answer = answerTo(click, sight)
    if (answer === 'start') void this.#start()
    else if (answer === 'confirm') void this.#confirm()
    else this.#say(frameWords.covered, click.isTrusted)
  }

  async #confirm(): Promise<void> {
    const { parts } = this
    if (parts === null || parts.site === null) return
    const gpuShare = this.#share()
    const starting = new AbortController()
    this.#starting = starting
    this.#isConfirming = true
    this.#say('')
    const credit = parts.options.credit?.percent ?? 0
    const terms = { site: parts.site, percent: Math.round(gpuShare * 100), credit }
    const confirmation = await parts.confirm(terms, starting.signal)
    this.#starting = null
    this.#isConfirming = false
    if (confirmation === 'agreed') await this.#start(gpuShare)
    else if (!starting.signal.aborted) this.#say(confirmation === 'blocked' ? frameWords.blocked : frameWords.declined)
    else this.#draw()
  }

  async #start(gpuShare = this.#share()): Promise<void> {
    const { parts } = this
    if (parts === null || parts.site === null) return
    const starting = new AbortController()
    this.#starting = starting
    parts.tell({ type: 'commonwatt-consented' })
    this.#wasOn = true
    this.#say('')
    try {
      if (this.#working === null) {
        const working = await parts.openWorking(parts.site)
        this.adopt(working)
      }
      if (!starting.signal.aborted) void this.#working?.start(gpuShare)
      this.#say('')
    } catch {
      this.#say(frameWords.notLoaded)
    } finally {
      this.#starting = null
      this.#follow(this.#working?.state ?? { isOn: false, unitsDone: 0 })
    }
  }

  #stop(): void {
    this.#starting?.abort()
    void this.#working?.stop()
    this.#draw()
  }

  #follow({ isOn, unitsDone }: WorkingState): void {
    if (unitsDone > this.#unitsTold) this.parts?.tell({ type: 'commonwatt-unit', unitsDone })
    this.#unitsTold = unitsDone
    if (this.#wasOn && !isOn && this.#starting === null) this.parts?.tell({ type: 'commonwatt-stopped' })
    this.#wasOn = isOn || this.#starting !== null
    this.#draw()
  }

  #share(): number {
    const percent = Number(this.#template?.range.value ?? Number.NaN)
    return shareUnder(this.parts?.options ?? { maxShare: 0 }, percent / 100)
  }

  #isOn(): boolean {
    return this.#starting !== null || this.#working?.state.isOn === true
  }

  #mode(): FrameMode {
    const { site = null, offer = 'ask' } = this.parts ?? {}
    const nowMs = this.parts?.nowMs() ?? 0
    return modeOf({ isOn: this.#isOn(), site, offer, refusedUntilMs: this.#refusedUntilMs, nowMs })
  }

  #say(words: string, isWindowOffered = false): void {
    if (this.#template === null) return
    this.#template.said.textContent = words
    this.#template.confirm.hidden = !isWindowOffered
    this.#draw()
  }

  #draw(): void {
    const template = this.#template
    if (template === null) return
    const mode = this.#mode()
    const isAsking = mode === 'asking'
    const isOn = mode === 'on'
    this.setAttribute('mode', mode)
    if (isOn) template.buttons.before(template.slot)
    else template.work.append(template.slot)
    template.work.hidden = !isAsking && !isOn
    template.asking.hidden = !isAsking
    template.refuse.hidden = !isAsking
    template.loading.hidden = !isOn || (this.#working !== null && !this.#isConfirming)
    template.loading.textContent = this.#isConfirming ? frameWords.windowOpen : frameWords.loading
    template.button.textContent = isOn ? frameWords.stop : frameWords.contribute
    template.button.dataset['testid'] = isOn ? 'stop' : 'contribute'
    template.button.classList.toggle('primary', !isOn)
    const share = percentWords(Number(template.range.value) / 100)
    template.output.textContent = share
    template.range.setAttribute('aria-valuetext', share)
    const words = quietWordsFor(mode, this.#refusedUntilMs)
    template.quietWords.textContent = words
    template.quiet.hidden = words === ''
    template.recall.hidden = mode !== 'refused'
    template.footer.hidden = !isAsking && !isOn && mode !== 'no-site'
  }
}

customElements.define('cw-frame', FrameBox)

declare global {
  interface HTMLElementTagNameMap {
    'cw-frame': FrameBox
  }
}
