// Makes the one direct connection between two nodes. Work-around for simultaneous dials, which leave two connections: the peer with
// the lower key dials, the other asks it to (through the relay) and dials itself only when that fails. Dials under way are shared.
import type { Connection, Libp2p } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { Clock } from '#core/clock.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { bestConnection, directConnection, isDirect } from './connections.ts'
import { UnreachablePeerError } from './peer.ts'
import { peerIdOf } from './peer-identity.ts'
import { waitFor } from './wait.ts'

/** How long the higher peer waits for the lower one to dial before it dials itself. */
export const ASK_TIMEOUT_MS = 15_000

/** One WebRTC dial. Now and then one comes to nothing (both ends lose the handshake), and the next one takes 200 ms. */
export const ATTEMPT_TIMEOUT_MS = 20_000

/** A dial also has to be tried again when it joined one to the relayed address that was under way and returned that connection. */
export const MAX_DIAL_ATTEMPTS = 3

/** Everything together: asking, and three attempts. */
export const DIRECT_TIMEOUT_MS = ASK_TIMEOUT_MS + MAX_DIAL_ATTEMPTS * ATTEMPT_TIMEOUT_MS

/** What is needed to connect directly. */
export type DirectDialerInit = {
  readonly libp2p: Libp2p
  readonly publicKey: PublicKey
  readonly clock: Clock
  /** Addresses of the relays this node has a reservation with, their peer ids included. */
  readonly relays: () => readonly Multiaddr[]
  /** Asks the peer behind a connection to dial this one. */
  readonly askToDial: (connection: Connection, signal: AbortSignal) => Promise<boolean>
}

/** Makes and shares direct connections. */
export class DirectDialer {
  readonly #init: DirectDialerInit
  readonly #underWay = new Map<PublicKey, Promise<Connection>>()

  constructor(init: DirectDialerInit) {
    this.#init = init
  }

  /** The direct connection to `remote`. Throws UnreachablePeerError, or the signal's reason; the shared dial goes on then. */
  async connect(remote: PublicKey, signal?: AbortSignal): Promise<Connection> {
    signal?.throwIfAborted()
    const existing = directConnection(this.#init.libp2p, remote)
    if (existing !== undefined) return existing
    const attempt = this.#shared(remote, (limit) => this.#connectInTurn(remote, limit))
    return abortable(this.#init.clock, attempt, signal)
  }

  /** Dials `remote`, whoever's turn it is: for a peer that was asked to. */
  async dial(remote: PublicKey, signal?: AbortSignal): Promise<Connection> {
    const existing = directConnection(this.#init.libp2p, remote)
    if (existing !== undefined) return existing
    const attempt = this.#shared(remote, (limit) => this.#dialWebRtc(remote, limit))
    return abortable(this.#init.clock, attempt, signal)
  }

  /** A relayed connection to `remote`. */
  async dialRelayed(remote: PublicKey, signal?: AbortSignal): Promise<Connection> {
    const existing = bestConnection(this.#init.libp2p, remote)
    if (existing !== undefined) return existing
    return this.#init.libp2p.dial(this.#addresses(remote, ''), signal === undefined ? {} : { signal })
  }

  #shared(remote: PublicKey, start: (signal: AbortSignal) => Promise<Connection>): Promise<Connection> {
    const running = this.#underWay.get(remote)
    if (running !== undefined) return running
    const attempt = start(AbortSignal.timeout(DIRECT_TIMEOUT_MS)).finally(() => this.#underWay.delete(remote))
    attempt.catch(() => undefined) // whoever asked may be gone by the time it fails
    this.#underWay.set(remote, attempt)
    return attempt
  }

  async #connectInTurn(remote: PublicKey, signal: AbortSignal): Promise<Connection> {
    if (this.#init.publicKey > remote) {
      const connection = await this.#askLowerPeer(remote, signal)
      if (connection !== undefined) return connection
    }
    return this.#dialWebRtc(remote, signal)
  }

  /** Asks the lower peer to dial; undefined when it cannot or does not in time. */
  async #askLowerPeer(remote: PublicKey, signal: AbortSignal): Promise<Connection | undefined> {
    const { libp2p, clock } = this.#init
    const limit = AbortSignal.any([signal, AbortSignal.timeout(ASK_TIMEOUT_MS)])
    try {
      const relayed = await this.dialRelayed(remote, limit)
      if (isDirect(relayed)) return relayed
      return await waitFor<Connection | undefined>(
        clock,
        'a direct connection',
        { signal: limit },
        (resolve, reject) => {
          const onOpen = () => {
            const connection = directConnection(libp2p, remote)
            if (connection !== undefined) resolve(connection)
          }
          libp2p.addEventListener('connection:open', onOpen)
          const onAnswer = (isConnected: boolean) => {
            onOpen()
            if (!isConnected) resolve(undefined)
            return isConnected
          }
          this.#init.askToDial(relayed, limit).then(onAnswer, reject)
          return () => libp2p.removeEventListener('connection:open', onOpen)
        },
      )
    } catch {
      signal.throwIfAborted()
      return undefined
    }
  }

  async #dialWebRtc(remote: PublicKey, signal: AbortSignal): Promise<Connection> {
    let cause: unknown
    for (let attempt = 0; attempt < MAX_DIAL_ATTEMPTS; attempt++) {
      signal.throwIfAborted()
      const limit = AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_TIMEOUT_MS)])
      const dialing = this.#init.libp2p.dial(this.#addresses(remote, '/webrtc'), { signal: limit })
      const connection = await dialing.catch((error: unknown) => {
        cause = error
        return undefined
      })
      const direct = connection !== undefined && isDirect(connection) ? connection : undefined
      const found = direct ?? directConnection(this.#init.libp2p, remote)
      if (found !== undefined) return found
    }
    throw new UnreachablePeerError(remote, 'no direct connection could be made', { cause })
  }

  #addresses(remote: PublicKey, suffix: '' | '/webrtc'): Multiaddr[] {
    const relays = this.#init.relays()
    if (relays.length === 0) throw new UnreachablePeerError(remote, 'there is no relay to signal through')
    return relays.map((relay) =>
      multiaddr(`${relay.toString()}/p2p-circuit${suffix}/p2p/${peerIdOf(remote).toString()}`),
    )
  }
}

function abortable<T>(clock: Clock, promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return waitFor<T>(clock, 'a connection', { signal }, (resolve, reject) => {
    promise.then(resolve, reject)
    return () => undefined
  })
}
