// The node's side of the good guest: keeps the consent that is in force and its end, signs it for the worker, carries the page's
// signals there and the worker's decisions back.
import type { Clock } from '#core/clock.ts'
import type { Signer } from '#core/ed25519.ts'
import type { SigningContext } from '#core/signed.ts'
import { ConsentError, assertConsent, signConsent } from '#node/consent.ts'
import type { BackendChoice } from '#node/open-devices.ts'
import { isSameShare } from '#node/site-split.ts'
import type { Consent } from '#node/state.ts'
import type { OpenedDevice, WorkerApi } from '#node/worker-api.ts'
import { type Held, NOT_HELD } from './cause.ts'
import type { GuestSignals } from './signals.ts'

/** Tells `listener` what a page sees, now and after every change; returns its end. */
export type WatchSignals = (listener: (signals: GuestSignals) => void) => () => void

/** What a desk is made of. */
export type DeskParts = {
  readonly consent: Consent
  readonly clock: Clock
  /** Left out where there is no page. */
  readonly watchSignals?: WatchSignals
  readonly onHeld: (held: Held) => void
  /** The consent has ended. */
  readonly onEnd: (error: ConsentError) => void
}

/** Who signs for the node, and for which network. */
export type ConsentSigning = { readonly signer: Signer; readonly context: () => SigningContext }

type Opened = ConsentSigning & { readonly worker: WorkerApi }

/** Longest timer of the platforms: 2^31 - 1 ms. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Close it: it watches the page and has a timer. */
export class GuestDesk {
  readonly #parts: DeskParts
  #consent: Consent
  #held = NOT_HELD
  #opened: Opened | undefined
  #isClosed = false
  #changing: Promise<void> = Promise.resolve()
  #cancelExpiry = () => {}
  #stopWatching = () => {}

  constructor(parts: DeskParts) {
    this.#parts = parts
    this.#consent = parts.consent
  }

  /** Why the device rests or is slowed down. */
  get held(): Held {
    return this.#held
  }

  /** Begins to watch the consent's end. Throws {@link ConsentError} when it does not hold. */
  start(): void {
    assertConsent(this.#consent, this.#parts.clock.nowMs())
    this.#watchExpiry()
  }

  /** Opens the device under the signed consent, as soon as the rules allow it. */
  async open(worker: WorkerApi, preferred: BackendChoice, signing: ConsentSigning): Promise<OpenedDevice> {
    await worker.watchGuest((held) => {
      if (this.#isClosed) return
      this.#held = held
      this.#parts.onHeld(held)
    })
    // The worker's end is told elsewhere.
    this.#stopWatching =
      this.#parts.watchSignals?.((signals) => void worker.setSignals(signals).catch(() => undefined)) ??
      this.#stopWatching
    if (this.#isClosed) this.#stopWatching()
    const signed = await signConsent(signing.signer, signing.context(), this.#consent)
    const opening = worker.open(preferred, signed)
    this.#opened = { ...signing, worker }
    return opening
  }

  /** Puts `consent` in force. Throws {@link ConsentError} when it does not hold. */
  async change(consent: Consent): Promise<void> {
    assertConsent(consent, this.#parts.clock.nowMs())
    if (!isSameShare(consent, this.#consent)) throw new ConsentError('it changes what a site gets of the credit')
    this.#consent = consent
    this.#cancelExpiry()
    this.#watchExpiry()
    const opened = this.#opened
    // Before that, the opening takes what is in force then.
    if (opened === undefined) return
    // One after the other, each with what is in force by then: the last word counts, whichever is signed first.
    const changed = this.#changing.then(async () =>
      opened.worker.setConsent(await signConsent(opened.signer, opened.context(), this.#consent)),
    )
    this.#changing = changed.catch(() => undefined)
    await changed
  }

  close(): void {
    this.#isClosed = true
    this.#cancelExpiry()
    this.#stopWatching()
  }

  #watchExpiry(): void {
    const { clock, onEnd } = this.#parts
    if (this.#isClosed) return
    const { expiresMs } = this.#consent
    const leftMs = expiresMs - clock.nowMs()
    this.#cancelExpiry = clock.after(Math.min(Math.max(leftMs, 0), MAX_TIMER_MS), () => {
      if (clock.nowMs() >= expiresMs) onEnd(new ConsentError('it has ended'))
      else this.#watchExpiry()
    })
  }
}
