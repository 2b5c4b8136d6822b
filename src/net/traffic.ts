// Counts bytes by protocol and transport, so that it can be shown which bytes went where: that a commitment never crossed the relay.

/** How a connection reaches the peer: directly between two peers, through the coordinator's relay, or to the coordinator itself. */
export type TransportKind = 'webrtc' | 'relay' | 'websocket'

/** Bytes of one protocol over one transport, frame heads included, libp2p's own framing not. */
export type TrafficRow = {
  readonly protocol: string
  readonly transport: TransportKind
  readonly sentBytes: number
  readonly receivedBytes: number
  readonly channels: number
}

/** What to add to a row. */
export type TrafficDelta = { sentBytes?: number; receivedBytes?: number; channels?: number }

/** Byte counters of one peer. Protocols are those the program registers or opens, so the table stays small. */
export class Traffic {
  readonly #rows = new Map<string, TrafficRow>()

  /** Adds `delta` to the row of `protocol` over `transport`. */
  count(protocol: string, transport: TransportKind, delta: TrafficDelta): void {
    const key = `${transport} ${protocol}`
    const row = this.#rows.get(key)
    this.#rows.set(key, {
      protocol,
      transport,
      sentBytes: (row?.sentBytes ?? 0) + (delta.sentBytes ?? 0),
      receivedBytes: (row?.receivedBytes ?? 0) + (delta.receivedBytes ?? 0),
      channels: (row?.channels ?? 0) + (delta.channels ?? 0),
    })
  }

  /** All rows so far. */
  rows(): TrafficRow[] {
    return [...this.#rows.values()]
  }

  /** Bytes sent and received over the rows that match. */
  bytes(match: { protocol?: string; transport?: TransportKind } = {}): number {
    const rows = this.rows().filter(
      (row) =>
        (match.protocol === undefined || row.protocol === match.protocol) &&
        (match.transport === undefined || row.transport === match.transport),
    )
    return rows.reduce((sum, row) => sum + row.sentBytes + row.receivedBytes, 0)
  }
}
