// What follows for a node whose part does not count, by the table of verify/faults.ts: its admission ends where the table says so, and a
// node that is on no lease hears of it by a connection that is cut, with the next of which it says hello again.
import { fromUtf8 } from '#core/bytes.ts'
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import { type Peer, dropPeer } from '#net/peer.ts'
import type { Authority } from '#verify/commit.ts'
import type { Commitment } from '#verify/commitment.ts'
import { type DisputeRecord, disputeId, encodeDispute } from '#verify/dispute.ts'
import { FAULTS, type FaultCause } from '#verify/faults.ts'
import type { Lease } from '#work/lease.ts'
import { judgePair } from '#coordinator/accusations.ts'
import type { Grid } from '#coordinator/grid.ts'
import type { LiveNode, LiveNodes } from '#coordinator/live-nodes.ts'
import { resetTrust } from '#coordinator/store/trust.ts'
import { insertDispute } from '#coordinator/store/disputes.ts'

/** What consequences are drawn with. */
export type ConsequencesParts = {
  readonly grid: Grid
  readonly nodes: LiveNodes
  readonly peer: Peer
  readonly authority: Authority
  /** Told of a node that was convicted for what it did under `lease`. */
  readonly onConvicted: (lease: Lease, fault: Digest) => void
}

/** Draws them. */
export class Consequences {
  readonly #parts: ConsequencesParts

  constructor(parts: ConsequencesParts) {
    this.#parts = parts
  }

  /** A replica's part did not count. Whoever loses its admission says hello, and so passes the self-test, again. */
  faulted({ node }: Pick<LiveNode, 'node'>, cause: FaultCause): void {
    const { nodes, grid } = this.#parts
    if (FAULTS[cause].trust === 'reset') this.#forget(node).catch(grid.report)
    if (FAULTS[cause].admission !== 'kept') nodes.remove(node)
  }

  /** The node's history, and that of the device behind it, begins anew. */
  async #forget(node: PublicKey): Promise<void> {
    const { nodes, grid } = this.#parts
    const delegation = nodes.get(node)?.delegation ?? null
    await grid.store.transaction(async (tx) => {
      await resetTrust(tx, { node, delegation: null })
      if (delegation !== null) await resetTrust(tx, { node, delegation })
    })
  }

  /** A node signed two different commitments under one lease. */
  async equivocated(lease: Lease, pair: readonly [Commitment, Commitment]): Promise<void> {
    await judgePair(this.#parts, lease, pair).catch(this.#parts.grid.report)
  }

  /** A node was convicted; `isTold` when it is on the lease, where it hears why. */
  convicted(node: PublicKey, isTold: boolean): void {
    const { nodes, peer, grid } = this.#parts
    this.#forget(node).catch(grid.report)
    nodes.remove(node)
    if (!isTold) dropPeer(peer.libp2p, node, new AdmissionLostError())
  }

  /** Keeps the dispute. Where the third node and the reference differ the reference is right, and the third node is at fault. */
  async disputed({ job, unit }: { job: Digest; unit: Digest }, dispute: DisputeRecord): Promise<void> {
    const { grid, peer } = this.#parts
    const body = fromUtf8(encodeDispute(dispute))
    await insertDispute(grid.store.db, { id: disputeId(dispute), job, unit, body, atMs: grid.clock.nowMs() })
    const { third, expected } = dispute
    if (third === null || third.statement.body.leaf === expected) return
    const { node } = third.task.body
    this.faulted({ node }, 'wrong-statement')
    dropPeer(peer.libp2p, node, new AdmissionLostError())
  }
}

/** The node has to say hello again. */
export class AdmissionLostError extends AppError {
  override readonly name = 'coordinator.AdmissionLost'
  constructor() {
    super('unavailable', 'The node has lost its admission: it must pass the self-test again.')
  }
}
