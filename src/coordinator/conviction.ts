// Convicting a node: the evidence, the entry in the log, and what the fault costs by the table of verify/faults.ts, in one transaction.
// Whoever calls this has verified the evidence.
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { FAULTS, type ProvenCause } from '#verify/faults.ts'
import { type Lease, leaseId } from '#work/lease.ts'
import type { Grid } from './grid.ts'
import type { Append } from './log/transparency-log.ts'
import { tickEpoch } from './epochs.ts'
import { faultUnder, insertFault, latestFault } from './store/certificates.ts'
import { banNode } from './store/nodes.ts'
import { forfeit, forfeitDoubtful } from './store/pending.ts'
import type { Db } from './store/schema.ts'

/** A proven fault. `isExact` says whether the unit's kind has a portable reference: without one nobody is punished. */
export type Charge = {
  readonly id: Digest
  readonly node: PublicKey
  readonly cause: Exclude<ProvenCause, 'wrong-part-again'>
  readonly job: Digest
  readonly admissionLeaf: number
  readonly kind: string
  readonly isExact: boolean
  /** What it did wrong under. What was in the log when this was signed, the node had answered for. */
  readonly lease: Lease
  readonly body: string
}

/** What came of a charge. `isNew` is false when the log had a conviction before, which `id` names. */
export type Conviction = {
  readonly id: Digest
  readonly cause: ProvenCause
  readonly forfeited: bigint
  readonly isNew: boolean
}

/** Convicts. Once for each lease and cause: who signs a hundred commitments under one lease does not fill the log. */
export async function convict(grid: Grid, charge: Charge): Promise<Conviction> {
  return grid.log.transaction(async (tx, append) => {
    const { id, node, job, admissionLeaf, kind, body } = charge
    const lease = leaseId(charge.lease)
    const known = await faultUnder(tx, lease, sameCause(charge.cause))
    if (known !== null) return { ...known, forfeited: 0n, isNew: false }
    const earlier = await repeatedFault(tx, charge)
    const cause = earlier === null ? charge.cause : 'wrong-part-again'
    const logIndex = await append({ type: 'fault', admissionLeaf, node, cause, proof: id, earlier })
    const atMs = grid.clock.nowMs()
    const { unit } = charge.lease.body
    await insertFault(tx, { id, node, job, logIndex, body, atMs, cause, kind, lease, unit })
    const isKeptOut = FAULTS[cause].admission === 'kept-out' && charge.isExact
    await banNode(tx, node, isKeptOut ? atMs + grid.config.faultBanMs : 0)
    const forfeited = await punish(grid, { tx, append }, charge, cause, logIndex)
    return { id, cause, forfeited, isNew: true }
  })
}

/**
 * The log index of the fault that this one repeats: one of the same kind of work that was in the log when the lease was signed. The node has passed
 * the self-test since, because without it nobody is leased anything.
 */
async function repeatedFault(tx: Db, { cause, node, kind, lease }: Charge): Promise<number | null> {
  return cause === 'wrong-part' ? latestFault(tx, { node, kind, before: lease.checkpoint.size }) : null
}

function sameCause(cause: Charge['cause']): readonly ProvenCause[] {
  return cause === 'wrong-part' ? ['wrong-part', 'wrong-part-again'] : [cause]
}

async function punish(
  grid: Grid,
  { tx, append }: { readonly tx: Db; readonly append: Append },
  { node, isExact }: Charge,
  cause: ProvenCause,
  fault: number,
): Promise<bigint> {
  if (!isExact) return 0n
  const epoch = await tickEpoch(grid, { tx, append })
  const isAll = FAULTS[cause].pending === 'forfeit'
  const amount = isAll ? await forfeit(tx, node, epoch) : await forfeitDoubtful(tx, node)
  await append({ type: 'forfeit', node, fault, amount: amount.toString() })
  return amount
}
