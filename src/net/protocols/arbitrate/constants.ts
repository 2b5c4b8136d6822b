// The third opinion: the coordinator asks a node that has no part in a unit to compute one disputed part of it.
import { defineProtocol } from '#net/protocol.ts'

/** A task with its unit is under 8 KiB, a statement under 1 KiB; between coordinator and node only. */
export const ARBITRATE_PROTOCOL = defineProtocol('arbitrate', 1, {
  maxMessageBytes: 64 * 1024,
  idleTimeoutMs: 90_000,
  allowRelay: false,
})

/** Time for a third node to fetch the inputs and compute: whoever takes longer is not waited for, because the reference decides. */
export const ARBITRATE_TIMEOUT_MS = 60_000
