// The reveal: after the close a replica opens its commitment to the other replicas on the list.

/** libp2p protocol id. */
export const REVEAL_PROTOCOL = '/commonwatt/reveal/1'

/** Time for a peer to answer with its own reveal. */
export const REVEAL_TIMEOUT_MS = 30_000
