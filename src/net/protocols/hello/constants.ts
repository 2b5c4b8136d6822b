// The hello: a node introduces itself to the coordinator, proves its kernels on a random challenge and is admitted.

/** libp2p protocol id. */
export const HELLO_PROTOCOL = '/commonwatt/hello/1'

/** Time to answer the challenge: a slow phone needs seconds, a stuck device should not hold a slot. */
export const SELF_TEST_TIMEOUT_MS = 60_000
