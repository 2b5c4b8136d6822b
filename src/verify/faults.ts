// What a fault costs, by its cause: the one table that the coordinator acts on, the ledger checks and the documentation prints.
// Deliberate is what no driver bug explains; the first wrong part is not, and costs what no audit stands behind. A kind without a portable
// reference costs nobody what is pending, whatever the cause.

/** What a cause leads to. `evidence` is the document that proves it; null where nothing can be proven and nothing is logged. */
export type Fault = {
  readonly says: string
  readonly evidence: 'fault-proof' | 'equivocation' | 'broken-claim' | 'false-tag' | null
  readonly isDeliberate: boolean
  /** What becomes of the node's history with audits. */
  readonly trust: 'kept' | 'reset'
  /** What the node must do before it is given work again: nothing, the self-test, or wait. */
  readonly admission: 'kept' | 'self-test' | 'kept-out'
  /**
   * What becomes of what the node has pending. Burned, so that nobody gains by it, is all with this epoch's share (`forfeit`), or what no audit stands
   * behind (`doubtful`).
   */
  readonly pending: 'kept' | 'doubtful' | 'forfeit'
}

const LAPSE = { evidence: null, isDeliberate: false, trust: 'reset', admission: 'kept', pending: 'kept' } as const
const CHEAT = { isDeliberate: true, trust: 'reset', admission: 'kept-out', pending: 'forfeit' } as const

/** Every cause and its consequences. In all cases the unit is not paid to the node. */
export const FAULTS = {
  'wrong-part': {
    says: 'A part of an exact result is not what the reference computes: a driver may do this, and then to other results that nobody checked.',
    evidence: 'fault-proof',
    isDeliberate: false,
    trust: 'reset',
    admission: 'self-test',
    pending: 'doubtful',
  },
  'wrong-part-again': {
    says: 'A second wrong part of the same kind of work, under a lease given after the first was in the log and the self-test was passed again.',
    evidence: 'fault-proof',
    ...CHEAT,
  },
  equivocation: {
    says: 'Two different commitments under one lease, both signed.',
    evidence: 'equivocation',
    ...CHEAT,
  },
  'broken-claim': {
    says: 'What the node signed of its result while it computed it is not how the result begins that it then revealed.',
    evidence: 'broken-claim',
    ...CHEAT,
  },
  'false-tag': {
    says: 'The possession tag that it revealed is not of the inputs, for a kind whose tags need no device: the result was looked up.',
    evidence: 'false-tag',
    ...CHEAT,
  },
  unrevealed: { says: 'It committed to a result and did not open it.', ...LAPSE },
  unopened: {
    says: 'What it revealed does not open its commitment, or its tag of a model is not what the reference gets.',
    ...LAPSE,
  },
  'wrong-statement': {
    says: 'As the third node of a dispute it signed a part that is not what the reference computes.',
    ...LAPSE,
    admission: 'self-test',
  },
  'untrue-sighting': { says: 'What it signed about the other replicas is not what they revealed.', ...LAPSE },
  'outside-bounds': {
    says: 'A result of a tolerant kind is outside the bounds that correct ones keep.',
    ...LAPSE,
    trust: 'kept',
  },
} as const satisfies Readonly<Record<string, Fault>>

/** Name of a cause. */
export type FaultCause = keyof typeof FAULTS

/** A cause that evidence proves: one that the log holds. */
export type ProvenCause = (typeof PROVEN_CAUSES)[number]

/** Causes that the log holds. */
export const PROVEN_CAUSES = [
  'wrong-part',
  'wrong-part-again',
  'equivocation',
  'broken-claim',
  'false-tag',
] as const satisfies readonly FaultCause[]
