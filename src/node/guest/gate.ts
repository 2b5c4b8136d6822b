// The gate before the device: holds the consent and the signals, decides again whenever one changes or a time comes, lets bursts
// through or makes them wait, and tells its node. It lives in the worker, so that a busy or broken page cannot get past it.
import type { Clock } from '#core/clock.ts'
import { DEFAULT_RULES } from '#core/guest-rules.ts'
import { assertConsent } from '#node/consent.ts'
import type { Consent } from '#node/state.ts'
import type { Held } from './cause.ts'
import { type Decision, decide } from './decision.ts'
import { FrameBudget } from './frame-budget.ts'
import { HeatWatch } from './heat.ts'
import { type LocalMinute, deviceMinute } from './hours.ts'
import type { GuestSignals } from './signals.ts'

/** Longest timer of the platforms: 2^31 - 1 ms. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** What a gate is made of. */
export type GateParts = {
  readonly consent: Consent
  readonly signals: GuestSignals | null
  readonly clock: Clock
  readonly localMinute?: LocalMinute
  readonly onStatus: (held: Held) => void
}

/** Close it: it has a timer. */
export class GuestGate {
  readonly #parts: GateParts
  readonly #frames = new FrameBudget()
  readonly #heat = new HeatWatch()
  readonly #waiting = new Set<() => void>()
  #consent: Consent
  #signals: GuestSignals | null
  #criticalMs = 0
  #decision: Decision
  #isClosed = false
  #cancel = () => {}

  constructor(parts: GateParts) {
    this.#parts = parts
    this.#consent = parts.consent
    this.#signals = parts.signals
    this.#decision = this.#decide()
    this.#arm()
    const held = heldBy(this.#decision)
    if (held.pauses.length > 0 || held.easings.length > 0) parts.onStatus(held)
  }

  get decision(): Decision {
    return this.#decision
  }

  /** Puts another consent in force. */
  setConsent(consent: Consent): void {
    this.#consent = consent
    this.#again()
  }

  /** What the page sees now. */
  setSignals(signals: GuestSignals): void {
    if (this.#signals?.pressure === 'critical') this.#criticalMs = this.#parts.clock.nowMs()
    this.#signals = signals
    if (signals.frames !== null) this.#frames.note(signals.frames)
    this.#again()
  }

  /** Watches the speed of bursts; those of different lengths are not compared. */
  noteBurst(work: string, operations: number, elapsedMs: number): void {
    const nowMs = this.#parts.clock.nowMs()
    const wasCool = this.#heat.ruling(nowMs).factor === 1
    this.#heat.note({ work: `${work} ${this.#decision.burstMs}`, operations, elapsedMs }, nowMs)
    if (wasCool && this.#heat.ruling(nowMs).factor < 1) this.#again()
  }

  /** Throws when the consent has ended. */
  check(): void {
    assertConsent(this.#consent, this.#parts.clock.nowMs())
  }

  /** Resolves when a burst may begin; rejects when `signal` aborts or the consent ends meanwhile. */
  async ready(signal?: AbortSignal): Promise<void> {
    while (this.#decision.pauses.length > 0) {
      signal?.throwIfAborted()
      if (this.#isClosed) throw new DOMException('The device was closed.', 'AbortError')
      this.check()
      await this.#change(signal)
    }
  }

  /** Whoever waits is refused. */
  close(): void {
    this.#isClosed = true
    this.#cancel()
    this.#wake()
  }

  #decide(): Decision {
    const { clock, localMinute = deviceMinute } = this.#parts
    const { gpuShare, rules = DEFAULT_RULES } = this.#consent
    const nowMs = clock.nowMs()
    const watched = [this.#frames.ruling(), this.#heat.ruling(nowMs)]
    const criticalMs = this.#criticalMs
    return decide({ gpuShare, rules, signals: this.#signals, criticalMs, watched, nowMs, localMinute })
  }

  #again(): void {
    const before = heldBy(this.#decision)
    this.#decision = this.#decide()
    const held = heldBy(this.#decision)
    this.#arm()
    this.#wake()
    if (JSON.stringify(held) !== JSON.stringify(before)) this.#parts.onStatus(held)
  }

  /** Decides again when a rule changes by itself, and when the consent ends, for those who wait. */
  #arm(): void {
    const { clock } = this.#parts
    this.#cancel()
    const dueMs = Math.min(this.#decision.untilMs ?? Infinity, this.#consent.expiresMs)
    const delayMs = Math.min(Math.max(dueMs - clock.nowMs(), 0), MAX_TIMER_MS)
    if (this.#consent.expiresMs <= clock.nowMs()) return
    this.#cancel = clock.after(delayMs, () => this.#again())
  }

  #change(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake)
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      this.#waiting.add(wake)
      signal?.addEventListener('abort', wake, { once: true })
    })
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
  }
}

/** What a node is told of a decision: a share that nothing eases is its own affair. */
function heldBy({ pauses, easings, share }: Decision): Held {
  return { pauses, easings, share: easings.length === 0 ? 1 : share }
}
