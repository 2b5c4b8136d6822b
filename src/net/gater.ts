// Who may connect: peers with a usable Ed25519 identity that are not cooling down, and through the relay only those the policy lets.
// Addresses are never denied: in the browser libp2p would refuse ws:// and private networks, which is where a first grid lives.
import type { ConnectionGater, PeerId } from '@libp2p/interface'
import type { PublicKey } from '#core/ed25519.ts'
import { PeerIdError, publicKeyOf } from './peer-identity.ts'
import type { PeerScores } from './peer-score.ts'

/** Policy beyond the score. */
export type ConnectionPolicy = {
  /** Whether `remote` may reach this node through the relay, and by that directly. Default: anyone. */
  readonly mayConnect?: ((remote: PublicKey) => boolean) | undefined
  /** Whether the relay joins the two. Default: any two. */
  readonly mayRelay?: ((from: PublicKey, to: PublicKey) => boolean) | undefined
}

/** The connection gater for `scores` and `policy`. */
export function connectionGater(scores: PeerScores, policy: ConnectionPolicy = {}): ConnectionGater {
  const isRefused = (peer: PeerId): boolean => {
    const key = usableKey(peer)
    return key === undefined || scores.isCooling(key)
  }
  const mayConnect = (peer: PeerId): boolean => {
    const key = usableKey(peer)
    return key !== undefined && (policy.mayConnect?.(key) ?? true)
  }
  return {
    denyDialMultiaddr: () => false,
    denyDialPeer: isRefused,
    denyInboundEncryptedConnection: isRefused,
    denyInboundUpgradedConnection: isRefused,
    denyOutboundUpgradedConnection: isRefused,
    denyInboundRelayReservation: isRefused,
    denyInboundRelayedConnection: (_relay, remote) => isRefused(remote) || !mayConnect(remote),
    denyOutboundRelayedConnection: (from, to) => {
      const [source, destination] = [usableKey(from), usableKey(to)]
      if (source === undefined || destination === undefined) return true
      return !(policy.mayRelay?.(source, destination) ?? true)
    },
  }
}

function usableKey(peer: PeerId): PublicKey | undefined {
  try {
    return publicKeyOf(peer)
  } catch (error) {
    if (error instanceof PeerIdError) return undefined
    throw error
  }
}
