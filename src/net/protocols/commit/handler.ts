// Both sides of the commit protocol. What a commitment is worth is judged by whoever serves it; here sender and ticket must fit.
import type { PublicKey } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import type { Peer } from '#net/peer.ts'
import { handleProtocol, openChannel } from '#net/protocol.ts'
import type { TransportKind } from '#net/traffic.ts'
import { leaseId } from '#work/lease.ts'
import { COMMIT_PROTOCOL, COMMIT_TIMEOUT_MS } from './constants.ts'
import { type CommitMessage, commitAnswerSchema, commitMessageSchema } from './messages.ts'

/** Whether a peer took a commitment, and how it travelled. */
export type CommitReceipt = { readonly isTaken: boolean; readonly transport: TransportKind }

/** Takes a peer's commitment; false when there is no lease that it belongs to. */
export type CommitListener = (message: CommitMessage, transport: TransportKind) => Promise<boolean>

/** Hands `message` to the node `to`. Throws UnreachablePeerError, a TimeoutError or the signal's reason. */
export async function sendCommitment(
  peer: Peer,
  to: PublicKey,
  message: CommitMessage,
  signal?: AbortSignal,
): Promise<CommitReceipt> {
  const deadline = AbortSignal.timeout(COMMIT_TIMEOUT_MS)
  const limit = signal === undefined ? deadline : AbortSignal.any([signal, deadline])
  const channel = await openChannel(peer, to, COMMIT_PROTOCOL, { signal: limit })
  try {
    await channel.send(message, { signal: limit })
    const { ok } = await channel.receive(commitAnswerSchema, 'answer to a commitment', { signal: limit })
    return { isTaken: ok, transport: channel.transport }
  } finally {
    void channel.close()
  }
}

/** Takes commitments of other nodes; returns the end of it. Throws (and drops the peer) when a commitment is not the sender's own. */
export function serveCommitments(peer: Peer, listener: CommitListener): Promise<() => Promise<void>> {
  return handleProtocol(peer, COMMIT_PROTOCOL, async (channel, remote) => {
    const message = await channel.receive(commitMessageSchema, 'commitment', { timeoutMs: COMMIT_TIMEOUT_MS })
    assertOwn(message, remote.publicKey)
    await channel.send({ ok: await listener(message, remote.transport) })
  })
}

function assertOwn({ lease, commitment }: CommitMessage, sender: PublicKey): void {
  if (lease.body.node !== sender || commitment.signer !== sender) throw new ForeignCommitmentError('of another node')
  if (commitment.body.lease !== leaseId(lease)) throw new ForeignCommitmentError('for another lease than its ticket')
}

/** A peer sent a commitment that is not its own, or not for the lease that it shows. */
export class ForeignCommitmentError extends AppError {
  override readonly name = 'net.ForeignCommitment'
  constructor(problem: string) {
    super('hostile', `The peer sent a commitment ${problem}.`)
  }
}
