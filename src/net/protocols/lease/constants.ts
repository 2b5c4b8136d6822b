// The lease: the coordinator opens one stream to a node for the whole life of a unit there, from the offer to the settlement.
import { defineProtocol } from '#net/protocol.ts'

/** A node says it is alive this often from accepting to the end: while it computes and while it waits for others. */
export const HEARTBEAT_MS = 2_000

/** Silence after which the coordinator takes the unit back: three heartbeats and a hiccup. */
export const HEARTBEAT_TIMEOUT_MS = 8_000

/** Time to accept or decline an offer. */
export const ACCEPT_TIMEOUT_MS = 10_000

/** A node that is asked to says what it has of its result this often at most: text then flows, and its signatures cost a device little. */
export const PROGRESS_MS = 50

/**
 * Pieces of progress that may come at once. What a node says waits as long as a lease survives silence, so an honest one that was
 * held up brings fewer; each costs the coordinator the check of a signature.
 */
export const MAX_PROGRESS_BURST = (2 * HEARTBEAT_TIMEOUT_MS) / PROGRESS_MS

/**
 * An offer carries six leases with their addresses, a reveal up to 4,096 leaves of 66 bytes: 512 KiB hold both. A node takes few units at
 * a time; the coordinator never gives one node more than it has said it takes.
 */
export const LEASE_PROTOCOL = defineProtocol('lease', 3, {
  maxMessageBytes: 512 * 1024,
  maxInboundStreams: 4,
  maxOutboundStreams: 4,
  idleTimeoutMs: 60_000,
  allowRelay: false,
})
