// The other nodes that this one is connected to, and how, for people to see.
import type { Connection } from '@libp2p/interface'
import type { PublicKey } from '#core/ed25519.ts'
import { bestConnection, transportOf } from '#net/connections.ts'
import type { ContributorPeer } from '#net/contributor-peer.ts'
import { PeerIdError, publicKeyOf } from '#net/peer-identity.ts'
import type { NodeState } from './state.ts'

/** Calls `onPeers` with the connected nodes whenever that may have changed; returns its end. */
export function watchPeers(peer: ContributorPeer, onPeers: (peers: NodeState['peers']) => void): () => void {
  const tell = () => onPeers(connectedNodes(peer))
  peer.libp2p.addEventListener('connection:open', tell)
  peer.libp2p.addEventListener('connection:close', tell)
  tell()
  return () => {
    peer.libp2p.removeEventListener('connection:open', tell)
    peer.libp2p.removeEventListener('connection:close', tell)
  }
}

function connectedNodes(peer: ContributorPeer): NodeState['peers'] {
  const keys = new Set(peer.libp2p.getConnections().flatMap(keyOf))
  keys.delete(peer.coordinator)
  return [...keys].flatMap((node) => {
    const connection = bestConnection(peer.libp2p, node)
    return connection === undefined ? [] : [{ node, transport: transportOf(connection) }]
  })
}

function keyOf(connection: Connection): PublicKey[] {
  try {
    return [publicKeyOf(connection.remotePeer)]
  } catch (error) {
    if (error instanceof PeerIdError) return []
    throw error
  }
}
