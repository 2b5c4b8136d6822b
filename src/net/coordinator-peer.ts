// The coordinator's peer (Node): takes WebSocket connections, on the HTTP server's port when one is given, and relays signalling
// between nodes. It never dials a node: nodes come to it and stay.
import type { Server } from 'node:http'
import type { Connection } from '@libp2p/interface'
import { webSockets } from '@libp2p/websockets'
import { createLibp2p } from 'libp2p'
import { type Clock, systemClock } from '#core/clock.ts'
import type { PublicKey, Signer } from '#core/ed25519.ts'
import { directConnection } from './connections.ts'
import { type Peer, UnreachablePeerError, dialAddresses, dropPunishedPeers } from './peer.ts'
import { PeerScores } from './peer-score.ts'
import { RelayMeter } from './relay-meter.ts'
import {
  MAX_COORDINATOR_CONNECTIONS,
  MAX_RELAY_RESERVATIONS,
  MAX_RELAY_STREAMS,
  RELAY_DATA_LIMIT_BYTES,
  RELAY_DURATION_MS,
} from './settings.ts'
import { sharedOptions } from './libp2p-options.ts'
import { HIDDEN_LISTEN_ADDRESS, addressesOf, webSocketsOn } from './shared-listener.ts'
import { Traffic } from './traffic.ts'

/** How a coordinator's peer is made. */
export type CoordinatorPeerOptions = {
  readonly signer: Signer
  /** A listening HTTP server whose port is shared; without it `host` and `port` (0: any) are listened on. */
  readonly server?: Server
  readonly host?: string
  readonly port?: number
  /** Whether the relay joins two nodes; anyone by default. */
  readonly mayRelay?: (from: PublicKey, to: PublicKey) => boolean
  readonly clock?: Clock
}

/** A coordinator's peer. */
export interface CoordinatorPeer extends Peer {
  /** Addresses that nodes may dial, the peer id included. */
  readonly multiaddrs: readonly string[]
  /** What the relay has carried. */
  readonly relayed: RelayMeter
}

/** Starts a coordinator's peer. */
export async function createCoordinatorPeer(options: CoordinatorPeerOptions): Promise<CoordinatorPeer> {
  const { signer, server, host = '127.0.0.1', port = 0, clock = systemClock } = options
  const scores = new PeerScores(clock)
  const relayed = new RelayMeter()
  const shared = sharedOptions({
    signer,
    scores,
    maxConnections: MAX_COORDINATOR_CONNECTIONS,
    policy: { mayRelay: meteredPolicy(relayed, options.mayRelay) },
  })
  const libp2p = await createLibp2p({
    ...shared,
    addresses:
      server === undefined
        ? { listen: [`/${host.includes(':') ? 'ip6' : 'ip4'}/${host}/tcp/${port}/ws`] }
        : { listen: [HIDDEN_LISTEN_ADDRESS], announce: addressesOf(server).map(String) },
    transports: [server === undefined ? webSockets() : webSocketsOn(server)],
    services: { ...shared.services, relay: relayed.service(relaySettings()) },
  })
  const stopDropping = dropPunishedPeers(libp2p, scores)
  return {
    libp2p,
    publicKey: signer.publicKey,
    clock,
    scores,
    traffic: new Traffic(),
    relayed,
    multiaddrs: libp2p.getMultiaddrs().map(String),
    connect: async (target, { signal } = {}): Promise<Connection> => {
      if (typeof target !== 'string') return dialAddresses(libp2p, target, signal)
      const connection = directConnection(libp2p, target)
      if (connection !== undefined) return connection
      throw new UnreachablePeerError(String(target), 'the node is not connected')
    },
    close: async () => {
      stopDropping()
      await libp2p.stop()
    },
  }
}

function relaySettings() {
  return {
    maxInboundHopStreams: MAX_RELAY_STREAMS,
    maxOutboundHopStreams: MAX_RELAY_STREAMS,
    maxOutboundStopStreams: MAX_RELAY_STREAMS,
    reservations: {
      maxReservations: MAX_RELAY_RESERVATIONS,
      defaultDataLimit: RELAY_DATA_LIMIT_BYTES,
      defaultDurationLimit: RELAY_DURATION_MS,
    },
  }
}

function meteredPolicy(relayed: RelayMeter, mayRelay: CoordinatorPeerOptions['mayRelay'] = () => true) {
  return (from: PublicKey, to: PublicKey): boolean => {
    const isAllowed = mayRelay(from, to)
    if (isAllowed) relayed.join(from, to)
    return isAllowed
  }
}
