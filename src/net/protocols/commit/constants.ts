// The commit: a replica hands its signed commitment straight to the other replicas of its unit.
import { defineProtocol } from '#net/protocol.ts'

/** A lease and a commitment are under 2 KiB; over the relay only where WebRTC is impossible. */
export const COMMIT_PROTOCOL = defineProtocol('commit', 1, { maxMessageBytes: 16 * 1024, idleTimeoutMs: 45_000 })

/** Time for a peer to take a commitment, dial included. */
export const COMMIT_TIMEOUT_MS = 30_000
