// The commit: a replica hands its signed commitment straight to the other replicas of its unit.

/** libp2p protocol id. */
export const COMMIT_PROTOCOL = '/commonwatt/commit/1'

/** Time for a peer to take a commitment, dial included. */
export const COMMIT_TIMEOUT_MS = 30_000
