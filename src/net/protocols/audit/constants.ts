// The audit: the coordinator asks a drawn node to check a finished result.
import { defineProtocol } from '#net/protocol.ts'

/** A task with its unit and the leaves of a result of 4,096 parts is under 300 KiB; between coordinator and node only. */
export const AUDIT_PROTOCOL = defineProtocol('audit', 2, {
  maxMessageBytes: 512 * 1024,
  idleTimeoutMs: 120_000,
  allowRelay: false,
})

/** Time for an auditor to fetch inputs and result and to check: whoever takes longer is passed over. */
export const AUDIT_TIMEOUT_MS = 90_000
