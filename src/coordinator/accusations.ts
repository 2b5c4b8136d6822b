// Accusations of equivocation: a node shows a commitment that its peer gave it, and the coordinator holds it against the one that it was
// given itself. Who accuses needs no credit: the two signatures convict, or nothing does.
import { fromUtf8 } from '#core/bytes.ts'
import type { Digest } from '#core/digest.ts'
import type { RemotePeer } from '#net/protocol.ts'
import { ACCUSE_LIMIT } from '#net/protocols/accuse/constants.ts'
import type { Accusation, AccusationAnswer } from '#net/protocols/accuse/messages.ts'
import type { Authority } from '#verify/commit.ts'
import type { Commitment } from '#verify/commitment.ts'
import {
  encodeEquivocationProof,
  equivocationProofId,
  makeEquivocationProof,
  verifyEquivocationProof,
} from '#verify/equivocation.ts'
import { kindOf } from '#work/kinds.ts'
import { type Lease, leaseId } from '#work/lease.ts'
import { convict } from './conviction.ts'
import type { Grid } from './grid.ts'
import { RateLimiter } from './http/rate-limit.ts'
import { commitmentsOf } from './store/certificates.ts'
import { readJob } from './store/jobs.ts'
import { unitOfJob } from './store/units.ts'

/** What a judge of accusations is made of. */
export type AccusationParts = {
  readonly grid: Grid
  readonly authority: Authority
  /** The commitment that the holder of a lease gave us, while its unit is not settled. */
  readonly commitmentUnder: (lease: Digest) => Commitment | undefined
  /** Told of a node that was convicted for what it did under `lease`. */
  readonly onConvicted: (lease: Lease, fault: Digest) => void
}

/** Judges accusations of any connected node. */
export function accusationJudge(
  parts: AccusationParts,
): (accusation: Accusation, remote: RemotePeer) => Promise<AccusationAnswer> {
  const limiter = new RateLimiter(ACCUSE_LIMIT, parts.grid.clock)
  return async ({ lease, commitments }, { publicKey }) => {
    limiter.take(publicKey)
    const [first, given] = commitments
    const second = given ?? (await commitmentGiven(parts, lease))
    if (first === undefined || second === undefined)
      return { fault: null, reason: 'There is no other commitment under that lease to hold it against.' }
    return judgePair(parts, lease, [first, second])
  }
}

/** Convicts the holder of `lease` if `pair` does. */
export async function judgePair(
  { grid, authority, onConvicted }: Omit<AccusationParts, 'commitmentUnder'>,
  lease: Lease,
  pair: readonly [Commitment, Commitment],
): Promise<AccusationAnswer> {
  const proof = makeEquivocationProof({ about: 'commitment', messages: pair }, lease)
  const verdict = verifyEquivocationProof(proof, authority)
  if (!verdict.ok) return { fault: null, reason: verdict.reason.slice(0, 300) }
  const { node, job, unit } = lease.body
  const known = await readJob(grid.store.db, job)
  const leased = known === null ? null : await unitOfJob(grid.store.db, job, unit)
  if (known === null || leased === null) return { fault: null, reason: 'The job of that lease is not known any more.' }
  const kind = kindOf(leased.kind, leased.version)
  const { id } = await convict(grid, {
    id: equivocationProofId(proof),
    node,
    cause: 'equivocation',
    job,
    admissionLeaf: known.admissionLeaf,
    kind: leased.kind,
    isExact: kind.comparison(leased) === 'exact',
    lease,
    body: fromUtf8(encodeEquivocationProof(proof)),
  })
  onConvicted(lease, id)
  return { fault: id, reason: 'The two commitments contradict one another.' }
}

async function commitmentGiven(
  { grid, commitmentUnder }: AccusationParts,
  lease: Lease,
): Promise<Commitment | undefined> {
  const id = leaseId(lease)
  const live = commitmentUnder(id)
  if (live !== undefined) return live
  const settled = await commitmentsOf(grid.store.db, lease.body.job)
  return settled.find(({ body }) => body.lease === id)
}
