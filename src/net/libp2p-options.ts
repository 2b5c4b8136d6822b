// The part of libp2p's configuration that every peer shares.
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import type { Libp2pOptions } from 'libp2p'
import type { Signer } from '#core/ed25519.ts'
import { type ConnectionPolicy, connectionGater } from './gater.ts'
import { libp2pKeyOf } from './peer-identity.ts'
import type { PeerScores } from './peer-score.ts'
import {
  ADDRESS_DIAL_TIMEOUT_MS,
  CONNECTION_MONITOR,
  DIAL_TIMEOUT_MS,
  INBOUND_CONNECTIONS_PER_SECOND,
  MAX_PARALLEL_DIALS,
  MAX_PENDING_INBOUND,
  UPGRADE_TIMEOUT_MS,
} from './settings.ts'

/** What differs from peer to peer. */
export type SharedOptionsInit = {
  readonly signer: Signer
  readonly scores: PeerScores
  readonly maxConnections: number
  readonly policy?: ConnectionPolicy
}

/** Identity, encryption, limits and the identify service. */
export function sharedOptions(init: SharedOptionsInit) {
  return {
    privateKey: libp2pKeyOf(init.signer),
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: connectionGater(init.scores, init.policy),
    connectionMonitor: CONNECTION_MONITOR,
    connectionManager: {
      maxConnections: init.maxConnections,
      maxParallelDials: MAX_PARALLEL_DIALS,
      dialTimeout: DIAL_TIMEOUT_MS,
      addressDialTimeout: ADDRESS_DIAL_TIMEOUT_MS,
      inboundUpgradeTimeout: UPGRADE_TIMEOUT_MS,
      inboundStreamProtocolNegotiationTimeout: UPGRADE_TIMEOUT_MS,
      outboundStreamProtocolNegotiationTimeout: UPGRADE_TIMEOUT_MS,
      inboundConnectionThreshold: INBOUND_CONNECTIONS_PER_SECOND,
      maxIncomingPendingConnections: MAX_PENDING_INBOUND,
      // The keeper dials the coordinator again; libp2p's own attempts would only get in its way.
      reconnectRetries: 0,
    },
    services: { identify: identify({ timeout: UPGRADE_TIMEOUT_MS }) },
  } satisfies Libp2pOptions
}
