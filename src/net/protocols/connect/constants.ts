// Asks a peer to dial: of two peers that want a direct connection only the one with the lower key dials, or there would be two.
import { defineProtocol } from '#net/protocol.ts'

/** One question and one answer, through the relay; a peer that asks more often than this at a time wants something else. */
export const CONNECT_PROTOCOL = defineProtocol('connect', 1, {
  maxMessageBytes: 256,
  maxInboundStreams: 2,
  maxOutboundStreams: 2,
  idleTimeoutMs: 45_000,
})
