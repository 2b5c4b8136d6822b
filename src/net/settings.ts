// The libp2p settings of every peer, each with its reason. Measured under load on shared machines, where the defaults fail.

/** One dial, all addresses together. The default of 10 s is too short when a loaded machine negotiates WebRTC. */
export const DIAL_TIMEOUT_MS = 30_000

/** One address of a dial. The default of 6 s cuts WebRTC dials that would have succeeded. */
export const ADDRESS_DIAL_TIMEOUT_MS = 30_000

/** Dials at once. More only slow one another down: each WebRTC dial gathers candidates and makes a DTLS handshake. */
export const MAX_PARALLEL_DIALS = 3

/** Upgrade of an inbound connection, and negotiation of a protocol: the default of 10 s fails on a loaded machine. */
export const UPGRADE_TIMEOUT_MS = 30_000

/** Inbound connections a second from one address. The default of 5 would refuse the nodes behind one NAT; a flood still ends here. */
export const INBOUND_CONNECTIONS_PER_SECOND = 200

/** Inbound connections being upgraded. The default of 10 refuses nodes that come back together after a restart. */
export const MAX_PENDING_INBOUND = 200

/** Connections of the coordinator: one WebSocket a node. */
export const MAX_COORDINATOR_CONNECTIONS = 5_000

/** Connections of a node: its coordinator, the replicas of its units and its witnesses. Chrome allows 500 RTCPeerConnections in a tab's life. */
export const MAX_NODE_CONNECTIONS = 100

/** Reservations at the relay. The default of 15 would be the size of the whole grid. */
export const MAX_RELAY_RESERVATIONS = 5_000

/** Hop and stop streams of the relay, in each direction on one connection: the defaults of 32 and 64 stall a burst of dials. */
export const MAX_RELAY_STREAMS = 300

/** Bytes over one relayed connection, both ways: signalling takes 10-20 KiB, the rest is for small messages where WebRTC is impossible. */
export const RELAY_DATA_LIMIT_BYTES = 1n << 20n

/** Life of one relayed connection. Nothing that lasts belongs on it. */
export const RELAY_DURATION_MS = 300_000

/** Waiting for a reservation. The default of 5 s is too short on a loaded machine. */
export const RESERVATION_TIMEOUT_MS = 30_000

/** Connection monitor: under load its pings fail and it would cut healthy connections; the protocols notice a silent peer themselves. */
export const CONNECTION_MONITOR = { abortConnectionOnPingFailure: false, pingInterval: 30_000 }

/** No STUN server by default: nothing outside is contacted unless the operator names one. */
export const NO_ICE_SERVERS: readonly RTCIceServer[] = []
