// The lease: the coordinator opens one stream to a node for the whole life of a unit there, from the offer to the settlement.
import { defineProtocol } from '#net/protocol.ts'

/** A node says it is alive this often from accepting to the end: while it computes and while it waits for others. */
export const HEARTBEAT_MS = 2_000

/** Silence after which the coordinator takes the unit back: three heartbeats and a hiccup. */
export const HEARTBEAT_TIMEOUT_MS = 8_000

/** Time to accept or decline an offer. */
export const ACCEPT_TIMEOUT_MS = 10_000

/**
 * An offer carries six leases with their addresses, a reveal up to 4,096 leaves of 66 bytes: 512 KiB hold both. A node takes few units at
 * a time; the coordinator never gives one node more than it has said it takes.
 */
export const LEASE_PROTOCOL = defineProtocol('lease', 1, {
  maxMessageBytes: 512 * 1024,
  maxInboundStreams: 4,
  maxOutboundStreams: 4,
  idleTimeoutMs: 60_000,
  allowRelay: false,
})
