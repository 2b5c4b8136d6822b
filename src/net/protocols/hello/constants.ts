// The hello: a node introduces itself to the coordinator, proves its kernels on a random challenge and is admitted.
import { defineProtocol } from '#net/protocol.ts'

/** A delegation with an attestation takes up to 30 KiB; the connection is the node's own to its coordinator. */
export const HELLO_PROTOCOL = defineProtocol('hello', 2, { maxMessageBytes: 64 * 1024, maxInboundStreams: 2 })

/** Time to answer the challenge: a slow phone needs seconds, a stuck device should not hold a slot. */
export const SELF_TEST_TIMEOUT_MS = 60_000

/** Time for the coordinator to answer one message of a hello; it computes the reference of the self-test meanwhile. */
export const HELLO_ANSWER_TIMEOUT_MS = 30_000
