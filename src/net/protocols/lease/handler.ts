// Both sides of the lease protocol as typed streams. What is said when is decided by the matchmaker and by the node's runtime.
import type { GenericSchema } from 'valibot'
import type { PublicKey } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import type { Channel } from '#net/channel.ts'
import type { Peer } from '#net/peer.ts'
import { handleProtocol, openChannel } from '#net/protocol.ts'
import type { WaitOptions } from '#net/wait.ts'
import { ACCEPT_TIMEOUT_MS, LEASE_PROTOCOL } from './constants.ts'
import { type FromCoordinator, type FromNode, fromCoordinatorSchema, fromNodeSchema } from './messages.ts'

/** The first message on a lease stream. */
export type Offer = Extract<FromCoordinator, { say: 'offer' }>

/** One side of a lease stream. `ended` aborts when the other side ended it: the lease is then over. */
export interface LeaseStream<Out, In> {
  readonly remote: PublicKey
  readonly ended: AbortSignal
  /** Says one thing. Throws ChannelClosedError when the stream is over. */
  say(message: Out): Promise<void>
  /** What the other side says next. Throws ChannelClosedError, a TimeoutError, or a `hostile` error on anything malformed. */
  hear(options?: WaitOptions): Promise<In>
  /** Ends the stream; what was said still arrives. */
  close(): Promise<void>
  /** Cuts the stream. A `hostile` error is scored against the peer. */
  abort(error: Error): void
}

/** The coordinator's side. */
export type CoordinatorLease = LeaseStream<FromCoordinator, FromNode>

/** The node's side. */
export type NodeLease = LeaseStream<FromNode, FromCoordinator>

/** Opens a lease stream to `node` and makes the offer. Throws UnreachablePeerError when the node is not connected. */
export async function openLease(
  peer: Peer,
  node: PublicKey,
  offer: Offer,
  signal?: AbortSignal,
): Promise<CoordinatorLease> {
  const channel = await openChannel(peer, node, LEASE_PROTOCOL, { signal })
  const stream = streamOver<FromCoordinator, FromNode>(channel, fromNodeSchema, 'message of a node')
  await stream.say(offer)
  return stream
}

/** Takes leases of `coordinator` and of nobody else; returns the end of it. When `handler` returns, the stream is closed. */
export function serveLeases(
  peer: Peer,
  coordinator: PublicKey,
  handler: (offer: Offer, lease: NodeLease) => Promise<void>,
  onError?: (error: unknown, remote: PublicKey) => void,
): Promise<() => Promise<void>> {
  return handleProtocol(
    peer,
    LEASE_PROTOCOL,
    async (channel, remote) => {
      if (remote.publicKey !== coordinator) throw new ForeignLeaseError(remote.publicKey)
      const stream = streamOver<FromNode, FromCoordinator>(channel, fromCoordinatorSchema, 'message of the coordinator')
      const offer = await stream.hear({ timeoutMs: ACCEPT_TIMEOUT_MS })
      if (offer.say !== 'offer') throw new LeaseOrderError(offer.say, 'an offer')
      await handler(offer, stream)
    },
    onError,
  )
}

function streamOver<Out extends FromCoordinator | FromNode, In>(
  channel: Channel,
  schema: GenericSchema<unknown, In>,
  what: string,
): LeaseStream<Out, In> {
  return {
    remote: channel.remote,
    ended: channel.ended,
    say: (message) => channel.send(message),
    hear: (options) => channel.receive(schema, what, options),
    close: () => channel.close(),
    abort: (error) => channel.abort(error),
  }
}

/** Somebody who is not the coordinator offered a lease. */
export class ForeignLeaseError extends AppError {
  override readonly name = 'net.ForeignLease'
  constructor(remote: PublicKey) {
    super('hostile', `The peer ${remote} offered a lease, but only the coordinator may.`)
  }
}

/** One side said something that is not due. */
export class LeaseOrderError extends AppError {
  override readonly name = 'net.LeaseOrder'
  constructor(said: string, wanted: string) {
    super('hostile', `The peer said "${said}" on a lease where ${wanted} was due.`)
  }
}
