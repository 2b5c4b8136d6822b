// What a node's peer does in a page and in Node alike: it keeps a reservation at its coordinator's relay, connects to other nodes directly
// where it can and through the relay where it must. browser-peer.ts and node-peer.ts only bring their transports.
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import type { Connection, Libp2p } from '@libp2p/interface'
import { webSockets } from '@libp2p/websockets'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { type Libp2pOptions, createLibp2p } from 'libp2p'
import { type Clock, systemClock } from '#core/clock.ts'
import type { PublicKey, Signer } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import { type Random, systemRandom } from '#core/random.ts'
import { bestConnection, directConnection } from './connections.ts'
import { DirectDialer } from './direct-connection.ts'
import { sharedOptions } from './libp2p-options.ts'
import {
  type ConnectOptions,
  type Peer,
  type PeerTarget,
  UnreachablePeerError,
  dialAddresses,
  dropPunishedPeers,
} from './peer.ts'
import { peerIdOf, publicKeyOf } from './peer-identity.ts'
import { PeerScores } from './peer-score.ts'
import { askToDial, serveDialRequests } from './protocols/connect/handler.ts'
import { RelayKeeper } from './relay-keeper.ts'
import { MAX_NODE_CONNECTIONS, RESERVATION_TIMEOUT_MS } from './settings.ts'
import { Traffic } from './traffic.ts'

/** After a direct connection has failed, the relay is used for this long before another is tried. */
export const DIRECT_RETRY_MS = 60_000

/** How a node's peer is made. */
export type ContributorPeerOptions = {
  readonly signer: Signer
  /** Addresses of the coordinator, its peer id included: see {@link coordinatorAddress}. */
  readonly coordinator: readonly string[]
  /** STUN and TURN servers; none by default, so that nothing outside is contacted. */
  readonly iceServers?: readonly RTCIceServer[]
  /** Whether another node may reach this one; anyone by default. */
  readonly mayConnect?: (remote: PublicKey) => boolean
  readonly clock?: Clock
  readonly random?: Random
}

/** Whether this peer can connect directly, and if not why. */
export type WebRtcSupport = { readonly isAvailable: true } | { readonly isAvailable: false; readonly reason: string }

/** A node's peer. */
export interface ContributorPeer extends Peer {
  readonly coordinator: PublicKey
  readonly keeper: RelayKeeper
  readonly webrtc: WebRtcSupport
}

/** The WebRTC transport, or why there is none. */
export type WebRtcTransport = {
  readonly support: WebRtcSupport
  readonly transports: NonNullable<Libp2pOptions['transports']>
}

/** The multiaddr of the coordinator at `url` (http or https), whose key is `coordinator`. */
export function coordinatorAddress(url: string, coordinator: PublicKey): string {
  return `${webSocketAddress(url)}/p2p/${peerIdOf(coordinator).toString()}`
}

/** Starts a node's peer; the keeper connects to the coordinator from then on. */
export async function createContributorPeer(
  options: ContributorPeerOptions,
  { support, transports }: WebRtcTransport,
): Promise<ContributorPeer> {
  const { signer, clock = systemClock, random = systemRandom, mayConnect } = options
  const addresses = options.coordinator.map((address) => multiaddr(address))
  const coordinator = coordinatorOf(addresses)
  const scores = new PeerScores(clock)
  const libp2p = await createLibp2p({
    ...sharedOptions({ signer, scores, maxConnections: MAX_NODE_CONNECTIONS, policy: { mayConnect } }),
    addresses: { listen: ['/p2p-circuit', ...(support.isAvailable ? ['/webrtc'] : [])] },
    transports: [
      webSockets(),
      circuitRelayTransport({ reservationCompletionTimeout: RESERVATION_TIMEOUT_MS }),
      ...transports,
    ],
  })
  const keeper = new RelayKeeper({ libp2p, clock, random, addresses })
  const stopDropping = dropPunishedPeers(libp2p, scores)
  const dialer: DirectDialer = new DirectDialer({
    libp2p,
    publicKey: signer.publicKey,
    clock,
    relays: () => (keeper.relay === undefined ? [] : [keeper.relay]),
    askToDial: (connection, signal) => askToDial(peer, connection, signal),
  })
  const connector = new Connector({ libp2p, clock, dialer, coordinator, addresses, support })
  const peer: ContributorPeer = {
    libp2p,
    publicKey: signer.publicKey,
    clock,
    scores,
    traffic: new Traffic(),
    coordinator,
    keeper,
    webrtc: support,
    connect: (target, connectOptions) => connector.connect(target, connectOptions),
    close: async () => {
      stopDropping()
      await keeper.stop()
      await libp2p.stop()
    },
  }
  if (support.isAvailable) await serveDialRequests(peer, (remote, signal) => dialer.dial(remote, signal))
  keeper.start()
  return peer
}

type ConnectorInit = {
  readonly libp2p: Libp2p
  readonly clock: Clock
  readonly dialer: DirectDialer
  readonly coordinator: PublicKey
  readonly addresses: readonly Multiaddr[]
  readonly support: WebRtcSupport
}

/** Finds the way to a peer: what is open, else WebRTC, else the relay. */
class Connector {
  readonly #init: ConnectorInit
  readonly #failedUntilMs = new Map<PublicKey, number>()

  constructor(init: ConnectorInit) {
    this.#init = init
  }

  async connect(target: PeerTarget, options: ConnectOptions = {}): Promise<Connection> {
    const { libp2p, coordinator, addresses } = this.#init
    if (typeof target !== 'string') return dialAddresses(libp2p, target, options.signal)
    const direct = directConnection(libp2p, target)
    if (direct !== undefined) return direct
    if (target === coordinator) return dialAddresses(libp2p, addresses.map(String), options.signal)
    return options.requireDirect === true
      ? this.#connectDirectly(target, options.signal)
      : this.#connectAnyhow(target, options.signal)
  }

  #connectDirectly(remote: PublicKey, signal: AbortSignal | undefined): Promise<Connection> {
    const { support, dialer } = this.#init
    if (!support.isAvailable) return Promise.reject(new UnreachablePeerError(remote, support.reason))
    return dialer.connect(remote, signal)
  }

  async #connectAnyhow(remote: PublicKey, signal: AbortSignal | undefined): Promise<Connection> {
    const { libp2p, clock, dialer } = this.#init
    if (clock.nowMs() >= (this.#failedUntilMs.get(remote) ?? 0)) {
      try {
        const connection = await this.#connectDirectly(remote, signal)
        this.#failedUntilMs.delete(remote)
        return connection
      } catch {
        signal?.throwIfAborted()
        this.#rememberFailure(remote)
      }
    }
    const existing = bestConnection(libp2p, remote)
    if (existing !== undefined) return existing
    try {
      return await dialer.dialRelayed(remote, signal)
    } catch (cause) {
      signal?.throwIfAborted()
      throw new UnreachablePeerError(remote, 'neither a direct nor a relayed connection could be made', { cause })
    }
  }

  #rememberFailure(remote: PublicKey): void {
    const now = this.#init.clock.nowMs()
    for (const [peer, untilMs] of this.#failedUntilMs) if (untilMs <= now) this.#failedUntilMs.delete(peer)
    this.#failedUntilMs.set(remote, now + DIRECT_RETRY_MS)
  }
}

function coordinatorOf(addresses: readonly Multiaddr[]): PublicKey {
  const ids = new Set(addresses.map((address) => address.getComponents().findLast(({ name }) => name === 'p2p')?.value))
  const [id] = ids
  if (ids.size !== 1 || id === undefined) throw new CoordinatorAddressError(addresses.map(String))
  return publicKeyOf(id)
}

function webSocketAddress(url: string): string {
  const { protocol, hostname, port } = new URL(url)
  const isSecure = protocol === 'https:'
  const host = hostname.replace(/^\[|\]$/g, '')
  const kind = host.includes(':') ? 'ip6' : /^[0-9.]+$/.test(host) ? 'ip4' : 'dns'
  return `/${kind}/${host}/tcp/${port || (isSecure ? '443' : '80')}${isSecure ? '/tls' : ''}/ws`
}

/** The addresses do not name exactly one coordinator. */
export class CoordinatorAddressError extends AppError {
  override readonly name = 'net.CoordinatorAddress'
  constructor(addresses: readonly string[]) {
    super('input', `The addresses [${addresses.join(', ')}] must all end in /p2p/ and the id of one coordinator.`)
  }
}
