// A node's state as one immutable value, told to whoever listens. Changes of one turn of the event loop are told once.
import { NOT_HELD } from './guest/cause.ts'
import { MAX_RECORDS, type NodeState, type UnitRecord } from './state.ts'

/** The state of a node that does nothing. */
export const OFF_STATE: NodeState = {
  phase: 'off',
  reason: '',
  step: null,
  held: NOT_HELD,
  error: null,
  node: null,
  isIdentityPersistent: false,
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

/** Holds the latest state. */
export class StatePublisher {
  readonly #listeners = new Set<(state: NodeState) => void>()
  #state = OFF_STATE
  #isAnnounced = false

  get state(): NodeState {
    return this.#state
  }

  /** Changes some fields; listeners are told before the next task. */
  update(change: Partial<NodeState>): void {
    this.#state = { ...this.#state, ...change }
    if (this.#isAnnounced) return
    this.#isAnnounced = true
    queueMicrotask(() => {
      this.#isAnnounced = false
      for (const listener of this.#listeners) listener(this.#state)
    })
  }

  /** Puts a unit's record on top, or in place of its older one. */
  record(record: UnitRecord, id: string): void {
    const known = this.#ids.indexOf(id)
    if (known >= 0) {
      this.update({ units: this.#state.units.with(known, record) })
      return
    }
    this.#ids.unshift(id)
    this.#ids.splice(MAX_RECORDS)
    this.update({ units: [record, ...this.#state.units].slice(0, MAX_RECORDS) })
  }

  /** Calls `listener` after every change; returns its removal. */
  onChange(listener: (state: NodeState) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Leases of the records, in their order: a unit may come twice. */
  readonly #ids: string[] = []
}
