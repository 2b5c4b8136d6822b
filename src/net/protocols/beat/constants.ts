// The beat: once a minute a node says that it is there; a peer checks it over WebRTC and countersigns.

/** libp2p protocol id: node to coordinator and node to witness alike. */
export const BEAT_PROTOCOL = '/commonwatt/beat/1'

/** Time for a witness to countersign, dial included. */
export const WITNESS_TIMEOUT_MS = 20_000
