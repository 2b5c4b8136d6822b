// Judging revealed replicas: all agree, or some are rejected, each with its reason and, for exact kinds, a proof that anyone can check.
import { equals } from '#core/bytes.ts'
import { contentId } from '#core/content.ts'
import type { Digest } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import type { Close } from '#verify/close.ts'
import type { Authority } from '#verify/commit.ts'
import {
  BROKEN_CLAIM_FORMAT,
  type BrokenClaimProof,
  brokenClaimId,
  encodeBrokenClaim,
  makeBrokenClaim,
} from '#verify/broken-claim.ts'
import { FALSE_TAG_FORMAT, type FalseTagProof, encodeFalseTag, falseTagId, makeFalseTag } from '#verify/false-tag.ts'
import { FAULT_PROOF_FORMAT, type FaultProof, encodeFaultProof, faultProofId } from '#verify/fault-proof.ts'
import type { FaultCause } from '#verify/faults.ts'
import { isBeginning } from '#verify/progress.ts'
import { type DisputeRecord, makeDispute } from '#verify/dispute.ts'
import { type Group, decide, settleDispute } from '#verify/quorum.ts'
import type { Kind, UnitInputs } from '#work/kind.ts'
import { kindOf } from '#work/kinds.ts'
import type { Unit } from '#work/unit.ts'
import { fromUtf8 } from '#core/bytes.ts'
import { type Charge, convict } from '#coordinator/conviction.ts'
import type { Grid } from '#coordinator/grid.ts'
import type { JobRecord } from '#coordinator/store/jobs.ts'
import type { ThirdOpinion } from './third-opinions.ts'
import {
  type RevealedReplica,
  isTagChecked,
  proveFault,
  readInputs,
  revealProblem,
  sightingProblem,
} from './evidence.ts'

/** A replica whose result does not count. `hostile` is what its node is scored for besides. */
export type Rejection = {
  readonly of: RevealedReplica
  readonly reason: string
  readonly cause: FaultCause
  readonly fault: ReplicaFault | null
  readonly hostile?: AppError
}

/** A proof against a replica, of whatever form. */
export type ReplicaFault = FaultProof | BrokenClaimProof | FalseTagProof

/** What became of a round. */
export type Judgement =
  | {
      readonly outcome: 'agreed'
      readonly root: Digest
      readonly leaves: readonly Digest[]
      readonly replicas: readonly RevealedReplica[]
    }
  | {
      readonly outcome: 'rejected'
      readonly rejections: readonly Rejection[]
      /** What two of them differed over, where the reference had to decide. */
      readonly dispute?: DisputeRecord
    }

/** What is judged. */
export type Round = {
  readonly kind: Kind
  readonly unit: Unit
  readonly replicas: readonly RevealedReplica[]
  readonly authority: Authority
  readonly close: Close
  /** Chance of an audit, in parts per million: possession tags that cost a pass through a model are computed as often. */
  readonly auditPpm: number
  /** Asks a node that has no part in the unit what part `part` is. */
  readonly askThird: (part: number) => Promise<ThirdOpinion | null>
}

/** Where the bytes are, and what computes on them. */
type Sources = Pick<Grid, 'blobs' | 'models' | 'reference' | 'random'>

/** Judges a round. Results of a tolerant kind must have been delivered. */
export async function judge(sources: Sources, round: Round): Promise<Judgement> {
  const { blobs, models, random } = sources
  const { kind, unit, replicas, authority, auditPpm: ppm } = round
  const inputs = await readInputs(blobs, kind, unit, kind.needs(unit))
  const invalid: Rejection[] = []
  for (const of of replicas) {
    const isChecked = isTagChecked(of, replicas, { kind, unit, ppm, random })
    const problem = await revealProblem(of, { kind, unit, inputs, authority, models, isTagChecked: isChecked })
    if (problem === null) continue
    const { reason, cause, expected } = problem
    invalid.push({
      of,
      reason,
      cause,
      fault: expected === undefined ? null : makeFalseTag(of.evidence, unit, expected),
    })
  }
  if (invalid.length > 0) return { outcome: 'rejected', rejections: invalid }
  return kind.comparison(unit) === 'exact' ? judgeExact(sources, round) : judgeTolerant(sources, round, inputs)
}

/** An agreed result: whose it is and its parts' digests. */
type Agreed = Pick<Round, 'kind' | 'unit' | 'replicas'> & { readonly leaves: readonly Digest[] }

/** Replicas that said something else of the result, while they computed it, than what it is. Its bytes must have been delivered. */
export async function brokenClaims(
  { blobs }: Pick<Grid, 'blobs'>,
  { kind, unit, replicas, leaves }: Agreed,
): Promise<Rejection[]> {
  const { progress } = kind
  if (progress === undefined || replicas.every(({ replica }) => replica.claimed?.latest === undefined)) return []
  const id = contentId(kind.resultLayout(unit), leaves)
  const parts = await Promise.all(leaves.map((_, part) => blobs.read(id, part)))
  const whole = progress.of(unit, parts)
  const hostile = new BrokenClaimError()
  return replicas.flatMap((of): Rejection[] => {
    const latest = of.replica.claimed?.latest
    if (latest === undefined || isBeginning(latest, whole)) return []
    return [
      {
        of,
        reason: hostile.message,
        cause: 'broken-claim',
        fault: makeBrokenClaim(of.evidence, unit, latest, parts),
        hostile,
      },
    ]
  })
}

/** Convicts the node of `proof`. Returns the id of the evidence in the log. */
export async function recordFault(grid: Grid, job: JobRecord, proof: ReplicaFault): Promise<Digest> {
  const { lease, unit } = proof
  const { id } = await convict(grid, {
    ...chargeOf(proof),
    node: lease.body.node,
    job: job.id,
    admissionLeaf: job.admissionLeaf,
    kind: unit.kind,
    isExact: kindOf(unit.kind, unit.version).comparison(unit) === 'exact',
    lease,
  })
  return id
}

function chargeOf(proof: ReplicaFault): Pick<Charge, 'id' | 'cause' | 'body'> {
  switch (proof.format) {
    case FAULT_PROOF_FORMAT:
      return { id: faultProofId(proof), cause: 'wrong-part', body: fromUtf8(encodeFaultProof(proof)) }
    case BROKEN_CLAIM_FORMAT:
      return { id: brokenClaimId(proof), cause: 'broken-claim', body: fromUtf8(encodeBrokenClaim(proof)) }
    case FALSE_TAG_FORMAT:
      return { id: falseTagId(proof), cause: 'false-tag', body: fromUtf8(encodeFalseTag(proof)) }
  }
}

async function judgeExact(sources: Sources, round: Round): Promise<Judgement> {
  const { replicas } = round
  const claims = replicas.map(({ replica, revealed }) => ({
    node: replica.node,
    root: revealed.reveal.body.root,
    leaves: revealed.leaves,
  }))
  const decision = decide(claims, replicas.length)
  if (decision.outcome === 'disputed') return judgeDispute(sources, round, decision)
  const untrue = await rejectionsBy('untrue-sighting', replicas, async (replica) => sightingProblem(replica, replicas))
  if (untrue.length > 0) return { outcome: 'rejected', rejections: untrue }
  return agreed(replicas)
}

/** What the reference says of part `part` of a unanimous result that an audit found wrong: rejections, or null where it is right. */
export async function judgePart(
  sources: Sources,
  round: Round,
  part: number,
): Promise<Extract<Judgement, { outcome: 'rejected' }> | null> {
  const judged = await judgeByReference(sources, round, part)
  return judged.rejections.length === 0 ? null : judged
}

async function judgeByReference(
  sources: Sources,
  round: Round,
  part: number,
): Promise<Extract<Judgement, { outcome: 'rejected' }>> {
  const { kind, unit, replicas } = round
  if (kind.comparison(unit) === 'exact') {
    const [leaf] = replicas.map(({ revealed }) => revealed.leaves[part])
    const nodes = replicas.map(({ replica }) => replica.node)
    return judgeDispute(sources, round, { part, groups: leaf === undefined ? [] : [{ leaf, nodes }] })
  }
  const inputs = await readInputs(sources.blobs, kind, unit, kind.needs(unit))
  const truth = await sources.reference.recompute(kind, unit, part)
  const rejections: Rejection[] = []
  for (const of of replicas) {
    const bytes = await sources.blobs.read(contentId(kind.resultLayout(unit), of.revealed.leaves), part)
    if (!kind.agree(unit, inputs, part, truth, bytes))
      rejections.push({ of, reason: OUTSIDE_REASON, cause: 'outside-bounds', fault: null })
  }
  return { outcome: 'rejected', rejections }
}

/** The reference decides, and a third node says what it gets; its statement is kept with the dispute. */
async function judgeDispute(
  { blobs, reference }: Sources,
  { kind, unit, replicas, close, askThird }: Round,
  { part, groups }: { readonly part: number; readonly groups: readonly Group[] },
): Promise<Extract<Judgement, { outcome: 'rejected' }>> {
  const [bytes, third] = await Promise.all([reference.recompute(kind, unit, part), askThird(part)])
  const { wrong, leaf: expected } = settleDispute({ groups }, bytes)
  const reason = `Part ${part} of the result is wrong; the reference proves it.`
  const rejections: Rejection[] = []
  for (const of of replicas.filter(({ replica }) => wrong.includes(replica.node))) {
    const fault = await proveFault(blobs, of, { kind, unit, part, expected })
    rejections.push({ of, reason, cause: 'wrong-part', fault })
  }
  return { outcome: 'rejected', rejections, dispute: makeDispute({ unit, close, part, groups, expected, third }) }
}

/** Compares every part by the kind's own bounds; where two do not agree, the reference says who is outside. Nobody is punished for it. */
async function judgeTolerant(
  { blobs, reference }: Sources,
  { kind, unit, replicas }: Round,
  inputs: UnitInputs,
): Promise<Judgement> {
  const layout = kind.resultLayout(unit)
  const contents = replicas.map(({ revealed }) => contentId(layout, revealed.leaves))
  const outside = new Set<RevealedReplica>()
  for (const part of replicas[0]?.revealed.leaves.keys() ?? []) {
    const results = await Promise.all(contents.map((id) => blobs.read(id, part)))
    const [first = new Uint8Array(0), ...others] = results
    if (others.every((bytes) => equals(first, bytes) || kind.agree(unit, inputs, part, first, bytes))) continue
    const truth = await reference.recompute(kind, unit, part)
    for (const [at, replica] of replicas.entries()) {
      const bytes = results[at]
      if (bytes === undefined || !kind.agree(unit, inputs, part, truth, bytes)) outside.add(replica)
    }
  }
  const rejections = await rejectionsBy('outside-bounds', replicas, async (replica) =>
    outside.has(replica) ? OUTSIDE_REASON : null,
  )
  return rejections.length > 0 ? { outcome: 'rejected', rejections } : agreed(replicas)
}

const OUTSIDE_REASON = 'The result is outside the bounds that correct ones keep.'

function agreed(replicas: readonly RevealedReplica[]): Judgement {
  const [first] = replicas
  if (first === undefined) return { outcome: 'rejected', rejections: [] }
  const { reveal, leaves } = first.revealed
  return { outcome: 'agreed', root: reveal.body.root, leaves, replicas }
}

async function rejectionsBy(
  cause: FaultCause,
  replicas: readonly RevealedReplica[],
  problem: (replica: RevealedReplica) => Promise<string | null>,
): Promise<Rejection[]> {
  const rejections: Rejection[] = []
  for (const of of replicas) {
    const reason = await problem(of)
    if (reason !== null) rejections.push({ of, reason, cause, fault: null })
  }
  return rejections
}

/** A node said something else of its result, while it computed it, than what it then committed to. */
export class BrokenClaimError extends AppError {
  override readonly name = 'coordinator.BrokenClaim'
  constructor() {
    super('hostile', 'What it said of its result while it computed it is not how the result begins.')
  }
}
