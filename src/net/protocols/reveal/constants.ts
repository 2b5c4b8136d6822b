// The reveal: after the close a replica opens its commitment to the other replicas on the list.
import { defineProtocol } from '#net/protocol.ts'

/** A close of seven entries and a reveal are under 4 KiB; over the relay only where WebRTC is impossible. */
export const REVEAL_PROTOCOL = defineProtocol('reveal', 1, { maxMessageBytes: 16 * 1024, idleTimeoutMs: 45_000 })

/** Time for a peer to answer with its own reveal. */
export const REVEAL_TIMEOUT_MS = 30_000
