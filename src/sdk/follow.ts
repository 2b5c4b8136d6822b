// What nodes claim of a result while it is computed, as the coordinator passes it on: checked for who says it, handed over as unverified,
// and held against the certified result in the end.
import { fromHex } from '#core/bytes.ts'
import type { Digest } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import type { Authority } from '#verify/commit.ts'
import { ClaimedProgress, ShownProgress, type SignedProgress, isBeginning } from '#verify/progress.ts'
import type { Kind } from '#work/kind.ts'
import { kindOf } from '#work/kinds.ts'
import { type Lease, leaseId } from '#work/lease.ts'
import { type Unit, unitId } from '#work/unit.ts'
import type { ProgressEvent } from './jobs.ts'
import type { RunOutcome, Task } from './task.ts'

/** Bytes that a node says come next in a unit's result. Nobody has checked them: the certificate does, at the end. */
export type PartialResult = { readonly unit: Digest; readonly bytes: Uint8Array<ArrayBuffer> }

/** A node's own signature under something that is not how the certified result begins: with the result and the certificate, evidence. */
export type Contradiction = { readonly lease: Lease; readonly progress: SignedProgress }

/** Leases of one unit that are listened to: each replica that is lost is followed by another, but not for ever. */
export const MAX_CLAIMS = 64

/** What is followed. */
export type FollowedJob = {
  readonly id: Digest
  readonly task: Task
  readonly authority: Authority
  readonly onPartial: (partial: PartialResult) => void
}

type Followed = {
  readonly unit: Unit
  readonly claims: Map<Digest, ClaimedProgress>
  readonly shown: ShownProgress
}

/** The claims about one job. */
export class Follower {
  readonly #job: FollowedJob
  readonly #kind: Kind
  readonly #units: ReadonlyMap<Digest, Followed>

  constructor(job: FollowedJob) {
    this.#job = job
    this.#kind = kindOf(job.task.kind, job.task.version)
    const units = this.#kind.split(job.task)
    this.#units = new Map(
      units.map((unit) => [unitId(unit), { unit, claims: new Map(), shown: new ShownProgress() }] as const),
    )
  }

  /** Checks what a node says and hands on what is new. Throws {@link ProgressRefusedError} when it is not what it is said to be. */
  take(event: ProgressEvent): void {
    const followed = this.#units.get(event.unit)
    if (followed === undefined) throw new ProgressRefusedError(`The job has no unit ${event.unit}.`)
    const claimed = this.#claimOf(followed, event)
    const { progress } = event
    const skipped = fromHex(event.skipped)
    // After a reconnection the coordinator begins again; what is known already is covered by the transcript.
    const from = progress.body.offset - skipped.length
    const known = claimed.bytes.length - from
    if (claimed.bytes.length >= progress.body.offset + progress.body.bytes.length / 2) return
    if (from < 0 || known < 0 || known > skipped.length)
      throw new ProgressRefusedError('It does not go on where it was.')
    const verdict = claimed.take(progress, skipped.subarray(known))
    if (!verdict.ok) throw new ProgressRefusedError(verdict.reason)
    const added = followed.shown.extend(claimed.bytes)
    if (added.length > 0) this.#job.onPartial({ unit: event.unit, bytes: added.slice() })
  }

  /** Claims that the certified result contradicts; `part` gives parts of the job's result. */
  contradictions(part: (index: number) => Uint8Array): Contradiction[] {
    const { task } = this.#job
    const found: Contradiction[] = []
    for (const { unit, claims } of this.#units.values()) {
      const placed = this.#kind.placements(task, unit).toSorted((a, b) => a.unitPart - b.unitPart)
      if (claims.size === 0) continue
      const whole = this.#kind.progress?.of(
        unit,
        placed.map(({ jobPart }) => part(jobPart)),
      )
      for (const { lease, latest } of claims.values())
        if (whole !== undefined && latest !== undefined && !isBeginning(latest, whole))
          found.push({ lease, progress: latest })
    }
    return found
  }

  #claimOf({ unit, claims }: Followed, { lease, progress }: ProgressEvent): ClaimedProgress {
    const known = claims.get(progress.body.lease)
    if (known !== undefined) return known
    const isOfJob = lease !== null && lease.body.job === this.#job.id && lease.body.unit === unitId(unit)
    if (!isOfJob || leaseId(lease) !== progress.body.lease)
      throw new ProgressRefusedError('It comes without its lease.')
    if (claims.size >= MAX_CLAIMS) throw new ProgressRefusedError(`More than ${MAX_CLAIMS} leases were streamed.`)
    const maxBytes = this.#kind.progress?.maxBytes(unit) ?? 0
    const claimed = new ClaimedProgress(lease, this.#job.authority, maxBytes)
    claims.set(progress.body.lease, claimed)
    return claimed
  }
}

/** The coordinator passed on progress that no node of the job said. */
export class ProgressRefusedError extends AppError {
  override readonly name = 'sdk.ProgressRefused'
  constructor(reason: string) {
    super('hostile', `The coordinator passed on progress that cannot be believed: ${reason}`)
  }
}

/** What was streamed is not how the certified result begins. The result is in `outcome`; `contradictions` are evidence against their signers. */
export class StreamContradictedError extends AppError {
  override readonly name = 'sdk.StreamContradicted'
  readonly outcome: RunOutcome
  readonly contradictions: readonly Contradiction[]
  constructor(outcome: RunOutcome, contradictions: readonly Contradiction[]) {
    const nodes = contradictions.map(({ lease }) => lease.body.node).join(', ')
    super(
      'hostile',
      `What node ${nodes} streamed is not how the certified result begins: use the result, not the stream.`,
    )
    this.outcome = outcome
    this.contradictions = contradictions
  }
}
