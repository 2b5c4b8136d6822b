// A peer of the grid: a libp2p node with the session key as its identity, its clock, scores and byte counters. How it reaches others
// depends on what it is: see coordinator-peer.ts and contributor-peer.ts.
import type { Connection, Libp2p } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import type { Clock } from '#core/clock.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import { dropConnection } from './drop-connection.ts'
import { peerIdOf } from './peer-identity.ts'
import type { PeerScores } from './peer-score.ts'
import type { Traffic } from './traffic.ts'

/** Whom to reach: a key, or the multiaddrs of one peer. */
export type PeerTarget = PublicKey | readonly string[]

/** How a connection must be. */
export type ConnectOptions = {
  /** Nothing but a direct connection will do: never the relay's. */
  readonly requireDirect?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** A running libp2p node and what the protocols need around it. */
export interface Peer {
  readonly libp2p: Libp2p
  readonly publicKey: PublicKey
  readonly clock: Clock
  readonly scores: PeerScores
  readonly traffic: Traffic
  /** An open connection to `target`, made if need be. Throws {@link UnreachablePeerError}. */
  connect(target: PeerTarget, options?: ConnectOptions): Promise<Connection>
  /** Stops everything; nothing of the peer is left running. */
  close(): Promise<void>
}

/** Cuts the connections of every peer that `scores` reports; returns the end of it. */
export function dropPunishedPeers(libp2p: Libp2p, scores: PeerScores): () => void {
  return scores.onDrop((peer, score) => dropPeer(libp2p, peer, score.lastError))
}

/** Cuts the connections of `peer`, which may come back: who is to say hello again does so with the next one. */
export function dropPeer(libp2p: Pick<Libp2p, 'getConnections'>, peer: PublicKey, error: Error): void {
  for (const connection of libp2p.getConnections(peerIdOf(peer))) void dropConnection(connection, error)
}

/** A connection to the peer at `addresses`. Throws {@link UnreachablePeerError}, or the signal's reason. */
export async function dialAddresses(
  libp2p: Libp2p,
  addresses: readonly string[],
  signal?: AbortSignal,
): Promise<Connection> {
  const parsed = addresses.map((address) => multiaddr(address))
  try {
    return await libp2p.dial(parsed, signal === undefined ? {} : { signal })
  } catch (cause) {
    signal?.throwIfAborted()
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new UnreachablePeerError(addresses.join(', '), reason, { cause })
  }
}

/** No connection to the peer could be had. */
export class UnreachablePeerError extends AppError {
  override readonly name = 'net.UnreachablePeer'
  constructor(remote: string, reason: string, options?: ErrorOptions) {
    super('unavailable', `The peer ${remote} cannot be reached: ${reason}.`, options)
  }
}
