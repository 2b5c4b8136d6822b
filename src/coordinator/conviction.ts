// Convicting a node: the evidence, the entry in the log, and what the fault costs by the table of verify/faults.ts, in one transaction.
// Whoever calls this has verified the evidence.
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { FAULTS, type ProvenCause } from '#verify/faults.ts'
import type { Grid } from './grid.ts'
import type { Append } from './log/transparency-log.ts'
import { tickEpoch } from './epochs.ts'
import { hasFault, insertFault, latestFault } from './store/certificates.ts'
import { banNode } from './store/nodes.ts'
import { forfeit } from './store/pending.ts'
import type { Db } from './store/schema.ts'

/** A proven fault. `isExact` says whether the unit's kind has a portable reference: without one nothing is forfeit. */
export type Charge = {
  readonly id: Digest
  readonly node: PublicKey
  readonly cause: Exclude<ProvenCause, 'wrong-part-again'>
  readonly job: Digest
  readonly admissionLeaf: number
  readonly kind: string
  readonly isExact: boolean
  /** Size of the log when the lease was signed: what was in it before, the node had answered for when it took the lease. */
  readonly leasedAt: number
  readonly body: string
}

/** What came of a charge. `isNew` is false when this evidence was in the log before. */
export type Conviction = { readonly cause: ProvenCause; readonly forfeited: bigint; readonly isNew: boolean }

/** Convicts. The same evidence again changes nothing. */
export async function convict(grid: Grid, charge: Charge): Promise<Conviction> {
  return grid.log.transaction(async (tx, append) => {
    const { id, node, job, admissionLeaf, kind, body } = charge
    if (await hasFault(tx, id)) return { cause: charge.cause, forfeited: 0n, isNew: false }
    const earlier = await repeatedFault(tx, charge)
    const cause = earlier === null ? charge.cause : 'wrong-part-again'
    const logIndex = await append({ type: 'fault', admissionLeaf, node, cause, proof: id, earlier })
    const atMs = grid.clock.nowMs()
    await insertFault(tx, { id, node, job, logIndex, body, atMs, cause, kind })
    const isKeptOut = FAULTS[cause].admission === 'kept-out'
    await banNode(tx, node, isKeptOut ? atMs + grid.config.faultBanMs : 0)
    const forfeited = await punish(grid, { tx, append }, charge, cause, logIndex)
    return { cause, forfeited, isNew: true }
  })
}

/**
 * The log index of the fault that this one repeats: one of the same kind of work that was in the log when the lease was signed. The node has passed
 * the self-test since, because without it nobody is leased anything.
 */
async function repeatedFault(tx: Db, { cause, node, kind, leasedAt }: Charge): Promise<number | null> {
  return cause === 'wrong-part' ? latestFault(tx, { node, kind, before: leasedAt }) : null
}

async function punish(
  grid: Grid,
  { tx, append }: { readonly tx: Db; readonly append: Append },
  { node, isExact }: Charge,
  cause: ProvenCause,
  fault: number,
): Promise<bigint> {
  if (FAULTS[cause].pending !== 'forfeit' || !isExact) return 0n
  const epoch = await tickEpoch(grid, { tx, append })
  const amount = await forfeit(tx, node, epoch)
  await append({ type: 'forfeit', node, fault, amount: amount.toString() })
  return amount
}
