// The beat: once a minute a node says that it is there; a peer checks it over WebRTC and countersigns.
import { defineProtocol } from '#net/protocol.ts'

/** Time for a witness to countersign, dial included. */
export const WITNESS_TIMEOUT_MS = 20_000

/** Time for the coordinator to answer one message of a beat. */
export const BEAT_ANSWER_TIMEOUT_MS = 15_000

/** Node to coordinator and node to witness alike; a beat and a countersignature are under 2 KiB. */
export const BEAT_PROTOCOL = defineProtocol('beat', 1, { maxMessageBytes: 16 * 1024, idleTimeoutMs: 45_000 })
