// The lease: the coordinator opens one stream to a node for the whole life of a unit there, from the offer to the settlement.

/** libp2p protocol id. */
export const LEASE_PROTOCOL = '/commonwatt/lease/1'

/** A node says it is alive this often while it computes. */
export const HEARTBEAT_MS = 2_000

/** Silence after which the coordinator takes the unit back: three heartbeats and a hiccup. */
export const HEARTBEAT_TIMEOUT_MS = 8_000
