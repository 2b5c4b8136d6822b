// The accusation: a node hands the coordinator a commitment of another node that contradicts what that node said elsewhere.
import { defineProtocol } from '#net/protocol.ts'

/** A lease and two commitments are under 4 KiB; to the coordinator only, so never over the relay. */
export const ACCUSE_PROTOCOL = defineProtocol('accuse', 1, {
  maxMessageBytes: 16 * 1024,
  idleTimeoutMs: 30_000,
  allowRelay: false,
})

/** Time for the coordinator to answer: it checks a few signatures and writes to its log. */
export const ACCUSE_TIMEOUT_MS = 10_000

/** Accusations of one node: as many as it can have peers in one unit at once, and one every ten seconds after that. */
export const ACCUSE_LIMIT = { perSecond: 1 / 10, burst: 8 }
