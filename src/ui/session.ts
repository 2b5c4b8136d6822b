// The life of a contribution as a page sees it: off, one click, on, one click, off. It owns the running Contribution, knows no DOM,
// and is handed the function that loads and starts a node, so that nothing of a node is there before start() is called.
import type { Clock } from '#core/clock.ts'
import { toErrorRecord } from '#core/errors.ts'
import type { Consent, Contribution, NodeState } from '#node/state.ts'
import type { Why } from '#node/step.ts'

/** Loads a node and starts it under `consent`. `signal` is aborted when the person stops before the node is up. */
export type StartContribution = (options: {
  readonly coordinator: URL
  readonly consent: Consent
  readonly signal: AbortSignal
}) => Promise<Contribution>

/** What a session is made of. */
export type SessionParts = {
  readonly start: StartContribution
  readonly coordinator: URL
  readonly clock: Pick<Clock, 'nowMs'>
}

/** What there is to show before anything runs. */
export const OFF_STATE: NodeState = {
  phase: 'off',
  reason: '',
  step: null,
  held: { pauses: [], easings: [], share: 1 },
  error: null,
  node: null,
  isIdentityPersistent: true,
  tier: 0,
  device: null,
  deviceNote: '',
  language: null,
  report: null,
  delegatedUntilMs: null,
  rateMops: 0,
  unitsDone: 0,
  creditedSession: '0',
  balance: '0',
  pending: '0',
  peers: [],
  draws: { checked: 0, unchecked: 0 },
  evidence: [],
  units: [],
  beats: [],
}

/** What the page does around a node: nothing of the node is there to say it. */
const NOTHING: Why = { step: null, reason: '' }
const LOADING: Why = { step: 'loading', reason: 'Loading the node.' }
const HANDING_BACK: Why = { step: 'handing-back', reason: 'Your device is free; handing the work back.' }
const NOT_STARTED: Why = { step: 'not-started', reason: 'The node did not start.' }

/** Owner of at most one running contribution. */
export class ContributionSession {
  #state = OFF_STATE
  #contribution: Contribution | null = null
  #starting: AbortController | null = null
  /** What was chosen while the node was being loaded. */
  #changed: Consent | null = null
  #unsubscribe = () => {}
  readonly #listeners = new Set<(state: NodeState) => void>()
  readonly #parts: SessionParts

  constructor(parts: SessionParts) {
    this.#parts = parts
  }

  get state(): NodeState {
    return this.#state
  }

  /** Calls `listener` after every change; returns its unsubscription. */
  onChange(listener: (state: NodeState) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Starts a contribution; does nothing while one is running or starting. Failures end in the state, not in a rejection. */
  async start(consent: Consent): Promise<void> {
    if (this.#contribution !== null || this.#starting !== null) return
    if (consent.expiresMs <= this.#parts.clock.nowMs()) return
    const starting = new AbortController()
    this.#starting = starting
    this.#changed = null
    const { balance, pending } = this.#state
    this.#show({ ...OFF_STATE, phase: 'starting', ...LOADING, balance, pending })
    try {
      const { start, coordinator } = this.#parts
      const contribution = await start({ coordinator, consent, signal: starting.signal })
      // A stop that came meanwhile wins: the node is taken down before anything of it is shown.
      if (starting.signal.aborted) await contribution.stop()
      else {
        this.#adopt(contribution)
        if (this.#changed !== null) await contribution.changeConsent(this.#changed)
      }
    } catch (error) {
      if (!starting.signal.aborted) this.#fail(error)
    } finally {
      this.#starting = null
    }
    if (starting.signal.aborted) this.#show({ ...this.#state, phase: 'off', ...NOTHING })
  }

  /** Stops what runs or starts; what was done stays on show. */
  async stop(): Promise<void> {
    this.#starting?.abort()
    const contribution = this.#contribution
    if (contribution === null) {
      if (this.#starting === null) this.#show({ ...this.#state, phase: 'off', ...NOTHING, error: null })
      else this.#show({ ...this.#state, phase: 'stopping', ...NOTHING })
      return
    }
    this.#contribution = null
    // The node ends its worker before anything else, so the device is free while goodbyes are still being said.
    const stopping = contribution.stop()
    this.#show({ ...this.#state, phase: 'stopping', ...HANDING_BACK })
    try {
      await stopping
      this.#settle(contribution.state, null)
    } catch (error) {
      this.#settle(contribution.state, error)
    }
  }

  /** Ties the session's key to a passkey. Must be called from a click. Rejects with what the authenticator said. */
  async protectWithPasskey(): Promise<void> {
    await this.#contribution?.protectWithPasskey()
  }

  /** Puts other caps in force on what runs, or on what is starting once it runs. Rejects when they do not hold. */
  async changeConsent(consent: Consent): Promise<void> {
    if (this.#contribution !== null) await this.#contribution.changeConsent(consent)
    else if (this.#starting !== null) this.#changed = consent
  }

  #adopt(contribution: Contribution): void {
    this.#contribution = contribution
    this.#unsubscribe = contribution.onChange((state) => this.#follow(contribution, state))
    this.#show(contribution.state)
  }

  #follow(contribution: Contribution, state: NodeState): void {
    if (contribution !== this.#contribution) return
    this.#show(state)
    // A node that ended by itself (consent expired, a fault it cannot mend) is over: the next click starts a new one.
    if (state.phase !== 'off' && state.phase !== 'attention') return
    this.#unsubscribe()
    this.#contribution = null
    if (state.phase === 'attention') void contribution.stop().catch(() => {})
  }

  #settle(last: NodeState, error: unknown): void {
    this.#unsubscribe()
    const off: NodeState = { ...last, phase: 'off', ...NOTHING, rateMops: 0, peers: [], error: null }
    this.#show(error === null ? off : { ...off, phase: 'attention', error: toErrorRecord(error) })
  }

  #fail(error: unknown): void {
    this.#show({ ...this.#state, phase: 'attention', ...NOT_STARTED, error: toErrorRecord(error) })
  }

  #show(state: NodeState): void {
    this.#state = state
    for (const listener of this.#listeners) listener(state)
  }
}
