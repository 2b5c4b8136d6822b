// Verdicts: the outcome of walking a list of named checks, which ends at the first that fails. A failed check is no error.
import { AppError } from '#core/errors.ts'

/** What each check means, in words for people. */
export const CHECKS = {
  form: 'every byte is where the canonical text has it',
  network: 'everything belongs to one network',
  job: 'the job is signed by its requester and can be split by its kind',
  unit: 'the unit is one that its kind can compute',
  'certificate-signature': 'the certificate is signed by the coordinator',
  replicas: 'as many different nodes as were asked for gave the result',
  lease: 'the node had a lease for the unit, signed by the coordinator',
  commitment: 'the node signed a commitment before it saw another result',
  close: 'the coordinator closed the list of commitments with this one on it',
  reveal: 'the node opened its commitment after the close',
  root: 'the parts have the Merkle root that was revealed',
  sighting: 'the replicas checked one another',
  draw: 'the replicas are those that the rules drew from the roster',
  audit: 'whether and by whom the result was audited follows from the rules, and the audit found it valid',
  delegation: 'a device credential vouches for the session key',
  split: 'each node that parts its pay with a site says so itself',
  assurance: 'the assurance and the transport claimed are those of the evidence',
  units: 'the units are the whole job, each once and in order',
  result: "the units' parts are the parts of the result",
  checkpoint: "the log's checkpoint is signed by the coordinator",
  admission: "the log holds the job's admission",
  receipt: "the log holds each unit's receipt, which names its certificate",
  repeated: 'the unit was certified for an earlier job, and nothing was paid for it again',
  price: 'the payments are those of the price list, within what the requester allowed',
  bytes: "the result's bytes are those that were certified",
  input: "the inputs' bytes are those that the job names",
  recompute: 'computing it again gives the same',
  possession: 'the replica knew intermediate values of the computation',
  progress: 'the node signed what it said of its result under its lease',
  fault: 'the part that the node revealed is not what the reference computes',
  fork: 'the two checkpoints cannot be of one log',
  'false-receipt': 'the log has something else where the receipt was promised',
  'false-draw': 'the draw that was signed is not the one of the rules',
  conflict: 'the two messages cannot both be honest',
} as const

/** Name of a check. */
export type CheckName = keyof typeof CHECKS

/** One check's outcome; `reason` says why it failed. */
export type Outcome = { readonly check: CheckName; readonly reason: string | undefined }

/** A check that held, and how often it was applied. */
export type Passed = { readonly check: CheckName; readonly count: number }

/** What a verification found: every check that held, and the first that failed. */
export type Verdict =
  | { readonly ok: true; readonly checks: readonly Passed[] }
  | { readonly ok: false; readonly check: CheckName; readonly reason: string; readonly checks: readonly Passed[] }

/** An outcome: the check holds, or `reason` says why not. */
export function outcome(check: CheckName, holds: boolean, reason: string): Outcome {
  return { check, reason: holds ? undefined : reason }
}

/** Walks `outcomes` up to the first failure; a generator's later steps may rely on its earlier ones. */
export function verdictOf(outcomes: Iterable<Outcome>): Verdict {
  const tally = new Map<CheckName, number>()
  for (const { check, reason } of outcomes) {
    if (reason !== undefined) return { ok: false, check, reason, checks: passed(tally) }
    tally.set(check, (tally.get(check) ?? 0) + 1)
  }
  return { ok: true, checks: passed(tally) }
}

/** The same for outcomes that take their time; a check may fail in the midst of one, by a {@link CheckFailedError}. */
export async function verdictOfAsync(outcomes: AsyncIterable<Outcome>): Promise<Verdict> {
  const tally = new Map<CheckName, number>()
  try {
    for await (const { check, reason } of outcomes) {
      if (reason !== undefined) return { ok: false, check, reason, checks: passed(tally) }
      tally.set(check, (tally.get(check) ?? 0) + 1)
    }
  } catch (error) {
    if (!(error instanceof CheckFailedError)) throw error
    return { ok: false, check: error.check, reason: error.message, checks: passed(tally) }
  }
  return { ok: true, checks: passed(tally) }
}

function passed(tally: ReadonlyMap<CheckName, number>): Passed[] {
  return [...tally].map(([check, count]) => ({ check, count }))
}

/** A check failed deep inside a computation, which cannot go on; {@link verdictOfAsync} makes a verdict of it. */
export class CheckFailedError extends AppError {
  override readonly name = 'verify.CheckFailed'
  readonly check: CheckName
  constructor(check: CheckName, reason: string) {
    super('hostile', reason)
    this.check = check
  }
}
