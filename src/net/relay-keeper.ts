// Keeps a node reachable: connected to its coordinator and with a reservation at its relay. libp2p reserves once and then never again:
// when the coordinator dies nothing comes back by itself, so this dials in a loop, with a backoff that does not let all nodes return at once.
import type { Connection, Libp2p } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Clock } from '#core/clock.ts'
import { AppError } from '#core/errors.ts'
import { type Random, randomInt } from '#core/random.ts'
import { dropConnection } from './drop-connection.ts'
import { RESERVATION_TIMEOUT_MS } from './settings.ts'
import { type WaitOptions, delay, waitFor } from './wait.ts'

/** First delay after a failure: a restarted coordinator is back within a second or two. */
export const BASE_DELAY_MS = 250

/** Longest delay between two attempts. */
export const MAX_DELAY_MS = 15_000

/** What the keeper is doing. */
export type RelayEvent =
  | { readonly state: 'connecting'; readonly attempt: number }
  | { readonly state: 'reserved'; readonly address: string }
  | { readonly state: 'waiting'; readonly delayMs: number; readonly reason: unknown }
  | { readonly state: 'stopped' }

/** What a keeper is made of. */
export type RelayKeeperInit = {
  readonly libp2p: Libp2p
  readonly clock: Clock
  readonly random: Random
  /** Addresses of one coordinator, its peer id included. */
  readonly addresses: readonly Multiaddr[]
}

/** Holds one reservation until it is stopped. */
export class RelayKeeper {
  readonly #init: RelayKeeperInit
  readonly #listeners = new Set<(event: RelayEvent) => void>()
  readonly #stopped = new AbortController()
  #connection: Connection | undefined
  #state: RelayEvent = { state: 'stopped' }
  #running: Promise<void> | undefined

  constructor(init: RelayKeeperInit) {
    this.#init = init
  }

  /** The latest event. */
  get state(): RelayEvent {
    return this.#state
  }

  /** The address by which the relay is reached now; none while the connection is down. */
  get relay(): Multiaddr | undefined {
    return this.#connection?.status === 'open' ? this.#connection.remoteAddr : undefined
  }

  /** Starts the loop; it runs until {@link stop}. */
  start(): void {
    this.#running ??= this.#run()
  }

  /** Ends the loop. The connection stays as it is. */
  async stop(): Promise<void> {
    this.#stopped.abort(new KeeperStoppedError())
    await this.#running
  }

  /** Calls `listener` for each event from now on; returns its removal. */
  onEvent(listener: (event: RelayEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Resolves when there is a reservation, at once if there is one. */
  whenReserved(options: WaitOptions = {}): Promise<void> {
    return waitFor<void>(this.#init.clock, 'a relay reservation', options, (resolve, reject) => {
      const check = (event: RelayEvent) => {
        if (event.state === 'reserved') resolve()
        if (event.state === 'stopped' && this.#stopped.signal.aborted) reject(new KeeperStoppedError())
      }
      check(this.#state)
      return this.onEvent(check)
    })
  }

  async #run(): Promise<void> {
    const { clock, random } = this.#init
    const { signal } = this.#stopped
    for (let attempt = 1; !signal.aborted; attempt++) {
      const reason = await this.#hold(attempt, signal, () => (attempt = 0))
      if (signal.aborted) break
      const delayMs = backoffMs(random, attempt)
      this.#emit({ state: 'waiting', delayMs, reason })
      await delay(clock, delayMs, signal).catch(() => undefined)
    }
    this.#emit({ state: 'stopped' })
  }

  /** Connects, reserves and holds on until the reservation is lost; returns why. */
  async #hold(attempt: number, signal: AbortSignal, onReserved: () => void): Promise<unknown> {
    this.#emit({ state: 'connecting', attempt })
    try {
      this.#connection = await this.#init.libp2p.dial([...this.#init.addresses], { signal })
      const address = await this.#reservation(this.#connection, signal)
      onReserved()
      this.#emit({ state: 'reserved', address })
      await this.#loss(this.#connection, signal)
      return new ReservationLostError()
    } catch (error) {
      return error
    } finally {
      // A connection that lost its reservation is started afresh: libp2p reserves when a relay is met, not when it is known.
      const connection = this.#connection
      if (!signal.aborted && connection !== undefined) await dropConnection(connection, new ReservationLostError())
      this.#connection = undefined
    }
  }

  #reservation(connection: Connection, signal: AbortSignal): Promise<string> {
    const limits = { signal, timeoutMs: RESERVATION_TIMEOUT_MS }
    return waitFor<string>(this.#init.clock, 'a relay reservation', limits, (resolve, reject) =>
      this.#watch(connection, (address) => {
        if (address !== undefined) resolve(address)
        else if (connection.status !== 'open') reject(new ReservationLostError())
      }),
    )
  }

  #loss(connection: Connection, signal: AbortSignal): Promise<void> {
    return waitFor<void>(this.#init.clock, 'the end of a reservation', { signal }, (resolve) =>
      this.#watch(connection, (address) => {
        if (address === undefined || connection.status !== 'open') resolve()
      }),
    )
  }

  /** Calls `check` with the reserved address now and whenever it may have changed. */
  #watch(connection: Connection, check: (address: string | undefined) => void): () => void {
    const { libp2p } = this.#init
    const relayId = connection.remotePeer.toString()
    const onChange = () => {
      const addresses = libp2p.getMultiaddrs().map(String)
      check(addresses.find((address) => address.includes(`/p2p/${relayId}/p2p-circuit`)))
    }
    libp2p.addEventListener('transport:listening', onChange)
    libp2p.addEventListener('self:peer:update', onChange)
    connection.addEventListener('close', onChange)
    onChange()
    return () => {
      libp2p.removeEventListener('transport:listening', onChange)
      libp2p.removeEventListener('self:peer:update', onChange)
      connection.removeEventListener('close', onChange)
    }
  }

  #emit(event: RelayEvent): void {
    this.#state = event
    for (const listener of this.#listeners) listener(event)
  }
}

/** Delay before attempt `attempt` + 1: doubling to {@link MAX_DELAY_MS}, half of it by chance. */
export function backoffMs(random: Random, attempt: number): number {
  const full = Math.min(BASE_DELAY_MS * 2 ** Math.max(0, attempt - 1), MAX_DELAY_MS)
  return full / 2 + randomInt(random, full / 2 + 1)
}

/** The connection to the relay or the reservation at it is gone. */
export class ReservationLostError extends AppError {
  override readonly name = 'net.ReservationLost'
  constructor() {
    super('unavailable', 'The reservation at the relay is gone.')
  }
}

/** The keeper was stopped. */
export class KeeperStoppedError extends AppError {
  override readonly name = 'net.KeeperStopped'
  constructor() {
    super('unavailable', 'The node is being stopped.')
  }
}
