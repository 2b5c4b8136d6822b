// What one unit's session needs of the matchmaker, and how it ends.
import type { Digest } from '#core/digest.ts'
import type { Peer } from '#net/peer.ts'
import type { Authority } from '#verify/commit.ts'
import type { Commitment } from '#verify/commitment.ts'
import type { DisputeRecord } from '#verify/dispute.ts'
import type { FaultCause } from '#verify/faults.ts'
import type { Kind } from '#work/kind.ts'
import type { Lease } from '#work/lease.ts'
import type { Audits } from '#coordinator/audit/audits.ts'
import type { UnitDraws } from '#coordinator/draw/unit-draws.ts'
import type { Grid } from '#coordinator/grid.ts'
import type { LiveNode } from '#coordinator/live-nodes.ts'
import type { JobRecord } from '#coordinator/store/jobs.ts'
import type { UnitRecord } from '#coordinator/store/units.ts'
import type { Deliveries } from './deliveries.ts'
import type { Replica } from './replica.ts'
import type { Agreement, Settled } from './settle.ts'
import type { Interval } from './stages.ts'
import type { Question, ThirdOpinion } from './third-opinions.ts'

/** How a session ended; `ended` together with its job. */
export type SessionEnd = 'settled' | 'ended' | 'released' | 'broken'

/** What a session needs of the matchmaker. */
export type SessionParts = {
  readonly grid: Grid
  readonly peer: Peer
  readonly authority: Authority
  readonly deliveries: Deliveries
  readonly job: JobRecord
  readonly record: UnitRecord
  readonly draws: UnitDraws
  readonly kind: Kind
  /** Replicas that are wanted: what the job asks for, or one more that checks a newcomer. */
  readonly replication: number
  /** Audits a unanimous result if its draw says so. */
  readonly audits: Audits
  /** Settles and tells the job's listeners; null when the job does not run any more. */
  readonly settle: (agreement: Agreement, intervals: readonly Interval[]) => Promise<Settled | null>
  /** Told of a replica that was lost or declined. */
  readonly onLost: (replica: Replica) => Promise<void>
  /** Told of two different commitments that a node gave under one lease. */
  readonly onEquivocation: (lease: Lease, pair: readonly [Commitment, Commitment]) => void
  /** Told of a node whose part does not count, why by the table of verify/faults.ts, and of the evidence where there is any. */
  readonly onFault: (live: LiveNode, cause: FaultCause, fault: Digest | null) => void
  /** Asks a node that has no part in the unit about a disputed part. */
  readonly askThird: (question: Question) => Promise<ThirdOpinion | null>
  /** Told of a dispute that was settled. */
  readonly onDispute: (dispute: DisputeRecord) => Promise<void>
  /** A replica is wanted, or a node may have become free. */
  readonly wake: () => void
  /** The session is over; unless it is `settled` the unit goes back to the queue, and `broken` counts as a failed attempt. */
  readonly onOver: (how: SessionEnd) => Promise<void>
}
