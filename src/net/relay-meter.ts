// Counts what the coordinator's relay carries, by pair of peers, so that a test and the operator can see that it is signalling only.
// It rides on the relay server's stream handler and on the gater's question whether two peers may be joined.
import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type CircuitRelayServerComponents,
  type CircuitRelayServerInit,
  type CircuitRelayService,
  circuitRelayServer,
} from '@libp2p/circuit-relay-v2'
import type { Connection, Stream, StreamMessageEvent } from '@libp2p/interface'
import type { PublicKey } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'

/** Pairs remembered; the oldest is forgotten first. */
export const MAX_METERED_PAIRS = 10_000

/** What went through the relay between the peer that opened the connection and the other, both ways together. */
export type RelayedPair = { readonly from: PublicKey; readonly to: PublicKey; readonly bytes: number }

type HopService = CircuitRelayService & { onHop(stream: Stream, connection: Connection): Promise<void> }

/** Byte counts of a relay. */
export class RelayMeter {
  readonly #pairs = new Map<string, RelayedPair>()
  readonly #hop = new AsyncLocalStorage<Stream>()

  /** The relay service, metered. */
  service(init: CircuitRelayServerInit): (components: CircuitRelayServerComponents) => CircuitRelayService {
    return (components) => {
      const service = circuitRelayServer(init)(components)
      if (!hasHop(service)) throw new RelayServerChangedError()
      const onHop = service.onHop.bind(service)
      service.onHop = (stream, connection) => this.#hop.run(stream, () => onHop(stream, connection))
      return service
    }
  }

  /** To be called when the relay is about to join two peers: what then flows over the stream at hand is theirs. */
  join(from: PublicKey, to: PublicKey): void {
    const stream = this.#hop.getStore()
    if (stream === undefined) return
    stream.addEventListener('message', (event: StreamMessageEvent) => this.#add(from, to, event.data.byteLength))
    const send = stream.send.bind(stream)
    stream.send = (data) => {
      this.#add(from, to, data.byteLength)
      return send(data)
    }
  }

  /** All pairs so far. */
  pairs(): RelayedPair[] {
    return [...this.#pairs.values()]
  }

  /** Bytes relayed between two peers, whoever opened the connection; all bytes without arguments. */
  bytes(a?: PublicKey, b?: PublicKey): number {
    const isOf = (pair: RelayedPair, peer: PublicKey | undefined) =>
      peer === undefined || pair.from === peer || pair.to === peer
    const matching = this.pairs().filter((pair) => isOf(pair, a) && isOf(pair, b))
    return matching.reduce((sum, pair) => sum + pair.bytes, 0)
  }

  #add(from: PublicKey, to: PublicKey, bytes: number): void {
    const key = `${from}${to}`
    this.#pairs.set(key, { from, to, bytes: (this.#pairs.get(key)?.bytes ?? 0) + bytes })
    const oldest = this.#pairs.size > MAX_METERED_PAIRS ? this.#pairs.keys().next() : undefined
    if (oldest?.done === false) this.#pairs.delete(oldest.value)
  }
}

function hasHop(service: CircuitRelayService): service is HopService {
  return 'onHop' in service && typeof service.onHop === 'function'
}

/** The relay server no longer has the handler that is metered. */
export class RelayServerChangedError extends AppError {
  override readonly name = 'net.RelayServerChanged'
  constructor() {
    super('bug', 'This version of @libp2p/circuit-relay-v2 has no onHop: relayed bytes cannot be counted.')
  }
}
