// Log views: two nodes show one another the largest checkpoint of the log that each has seen, so that none is shown a log of its own.
import { defineProtocol } from '#net/protocol.ts'

/** One note each way, at most 16 KiB. */
export const LOG_VIEW_PROTOCOL = defineProtocol('log-view', 1, { maxMessageBytes: 64 * 1024, idleTimeoutMs: 30_000 })

/** Time for a peer to answer with what it remembers. */
export const LOG_VIEW_TIMEOUT_MS = 10_000
