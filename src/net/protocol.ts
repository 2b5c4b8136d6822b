// What a protocol of the grid is, how it is served and how it is opened. A protocol is three files: its constants hold a ProtocolSpec,
// its messages the schemas, its handler both sides. A handler that throws a `hostile` error drops the peer; others end the channel.
import type { Connection, Stream } from '@libp2p/interface'
import { MESSAGE_BOUNDS } from '#core/cbor.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import { Channel, type ChannelBounds, smallestWindow } from './channel.ts'
import { isDirect, transportOf } from './connections.ts'
import { dropConnection } from './drop-connection.ts'
import type { ConnectOptions, Peer, PeerTarget } from './peer.ts'
import { publicKeyOf } from './peer-identity.ts'
import { UPGRADE_TIMEOUT_MS } from './settings.ts'
import type { TransportKind } from './traffic.ts'

/** A silent channel is cut after two minutes unless its protocol says otherwise. */
export const IDLE_TIMEOUT_MS = 120_000

/** Channels of one protocol that one connection may open at a time; each can hold twice its largest frame unread. */
export const MAX_INBOUND_CHANNELS = 4

/** Channels of one protocol that this side opens on one connection at a time. */
export const MAX_OUTBOUND_CHANNELS = 16

/** Connections tried for one channel: one in twenty WebRTC handshakes between Node processes on one machine leaves a dead connection. */
export const MAX_CONNECTIONS_TRIED = 4

/** What libp2p throws when the connection is fine and it is the protocol that is not taken. */
const PEER_REFUSALS = new Set([
  'UnsupportedProtocolError',
  'TooManyOutboundProtocolStreamsError',
  'LimitedConnectionError',
])

/** What it throws when the connection still counts as open but its streams are gone. */
const DEAD_CONNECTIONS = new Set(['ConnectionClosedError', 'MuxerClosedError'])

/** A protocol: its name on the wire and the limits that both ends hold to. */
export type ProtocolSpec = {
  readonly id: string
  readonly bounds: ChannelBounds
  readonly maxInboundStreams: number
  readonly maxOutboundStreams: number
  /** Whether it may run over the coordinator's relay, whose connections are short and small. */
  readonly allowRelay: boolean
}

/** Limits that differ from the defaults. */
export type ProtocolLimits = Partial<ChannelBounds & Omit<ProtocolSpec, 'id' | 'bounds'>>

/** Who opened a channel, and how its bytes travel. */
export type RemotePeer = { readonly publicKey: PublicKey; readonly transport: TransportKind }

/** Serves one channel. When it returns the channel is closed. */
export type ProtocolHandler = (channel: Channel, remote: RemotePeer) => Promise<void>

/** The protocol `/commonwatt/<name>/v<version>`: control messages only and the relay allowed, unless `limits` say otherwise. */
export function defineProtocol(name: string, version = 1, limits: ProtocolLimits = {}): ProtocolSpec {
  const frames = {
    maxMessageBytes: limits.maxMessageBytes ?? MESSAGE_BOUNDS.maxBytes,
    maxRawBytes: limits.maxRawBytes ?? 0,
  }
  return {
    id: `/commonwatt/${name}/v${version}`,
    bounds: {
      ...frames,
      idleTimeoutMs: limits.idleTimeoutMs ?? IDLE_TIMEOUT_MS,
      windowBytes: limits.windowBytes ?? smallestWindow(frames),
    },
    maxInboundStreams: limits.maxInboundStreams ?? MAX_INBOUND_CHANNELS,
    maxOutboundStreams: limits.maxOutboundStreams ?? MAX_OUTBOUND_CHANNELS,
    allowRelay: limits.allowRelay ?? true,
  }
}

/** Serves `protocol` with `handler`; returns the end of it. Errors of a handler reach `onError`, they never stop the node. */
export async function handleProtocol(
  peer: Peer,
  protocol: ProtocolSpec,
  handler: ProtocolHandler,
  onError: (error: unknown, remote: PublicKey) => void = () => undefined,
): Promise<() => Promise<void>> {
  const serve = (stream: Stream, connection: Connection): void => {
    const channel = adopt(peer, protocol, stream, connection)
    if (channel === undefined) return
    void serveChannel(channel, handler, onError)
  }
  await peer.libp2p.handle(protocol.id, serve, {
    maxInboundStreams: protocol.maxInboundStreams,
    maxOutboundStreams: protocol.maxOutboundStreams,
    runOnLimitedConnection: protocol.allowRelay,
  })
  return () => peer.libp2p.unhandle(protocol.id)
}

/** Opens a channel to `target`, connecting first if need be; a direct connection is preferred. Throws UnreachablePeerError, ChannelRefusedError. */
export async function openChannel(
  peer: Peer,
  target: PeerTarget,
  protocol: ProtocolSpec,
  options: ConnectOptions = {},
): Promise<Channel> {
  const requireDirect = options.requireDirect === true || !protocol.allowRelay
  for (let attempt = 1; ; attempt++) {
    const connection = await peer.connect(target, { ...options, requireDirect })
    try {
      return await openChannelOn(peer, connection, protocol, options.signal)
    } catch (error) {
      options.signal?.throwIfAborted()
      if (attempt === MAX_CONNECTIONS_TRIED || !isConnectionAtFault(connection, error)) throw error
      await dropConnection(connection, error as Error)
    }
  }
}

/** Opens a channel on `connection` and no other. Throws {@link ChannelRefusedError}. */
export async function openChannelOn(
  peer: Peer,
  connection: Connection,
  protocol: ProtocolSpec,
  signal: AbortSignal = AbortSignal.timeout(UPGRADE_TIMEOUT_MS),
): Promise<Channel> {
  const remote = publicKeyOf(connection.remotePeer)
  const options = {
    signal,
    maxOutboundStreams: protocol.maxOutboundStreams,
    runOnLimitedConnection: protocol.allowRelay,
  }
  const stream = await connection.newStream(protocol.id, options).catch((cause: unknown) => {
    signal.throwIfAborted()
    throw new ChannelRefusedError(protocol.id, remote, { cause })
  })
  return channelOver(peer, protocol, stream, connection, remote)
}

/** A WebRTC connection can be dead without saying so, any can die between being chosen and being used: then a fresh one is worth a try. */
function isConnectionAtFault(connection: Connection, error: unknown): boolean {
  if (!(error instanceof ChannelRefusedError)) return false
  // A data channel that fails rejects with its event instead of an error.
  const name = error.cause instanceof Error ? error.cause.name : 'Event'
  if (PEER_REFUSALS.has(name)) return false
  return connection.status !== 'open' || transportOf(connection) === 'webrtc' || DEAD_CONNECTIONS.has(name)
}

async function serveChannel(
  channel: Channel,
  handler: ProtocolHandler,
  onError: (error: unknown, remote: PublicKey) => void,
): Promise<void> {
  try {
    await handler(channel, { publicKey: channel.remote, transport: channel.transport })
    await channel.close()
  } catch (error) {
    channel.abort(error instanceof Error ? error : new HandlerError(channel.protocol, error))
    onError(error, channel.remote)
  }
}

function adopt(peer: Peer, protocol: ProtocolSpec, stream: Stream, connection: Connection): Channel | undefined {
  try {
    const remote = publicKeyOf(connection.remotePeer)
    if (!protocol.allowRelay && !isDirect(connection)) throw new RelayRefusedError(protocol.id)
    if (peer.scores.isCooling(remote)) throw new CoolingPeerError(remote)
    return channelOver(peer, protocol, stream, connection, remote)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    stream.abort(error)
    return undefined
  }
}

function channelOver(
  peer: Peer,
  protocol: ProtocolSpec,
  stream: Stream,
  connection: Connection,
  remote: PublicKey,
): Channel {
  return new Channel({
    stream,
    remote,
    protocol: protocol.id,
    bounds: protocol.bounds,
    transport: transportOf(connection),
    clock: peer.clock,
    traffic: peer.traffic,
    onViolation: (error) => peer.scores.punish(remote, error),
  })
}

/** The connection does not take a channel of the protocol: the peer does not speak it, has enough of them, or is going away. */
export class ChannelRefusedError extends AppError {
  override readonly name = 'net.ChannelRefused'
  constructor(protocol: string, remote: PublicKey, options: ErrorOptions) {
    const reason = options.cause instanceof Error ? options.cause.message : 'the connection failed'
    super('unavailable', `The peer ${remote} took no channel of ${protocol}: ${reason}.`, options)
  }
}

/** A peer that is being dropped opened another channel meanwhile. */
export class CoolingPeerError extends AppError {
  override readonly name = 'net.CoolingPeer'
  constructor(remote: PublicKey) {
    super('unavailable', `The peer ${remote} has broken the rules and is refused for a while.`)
  }
}

/** A peer opened a protocol over the relay that may not run there. */
export class RelayRefusedError extends AppError {
  override readonly name = 'net.RelayRefused'
  constructor(protocol: string) {
    super('input', `The protocol ${protocol} does not run over the relay.`)
  }
}

/** A handler threw something that is not an error. */
export class HandlerError extends AppError {
  override readonly name = 'net.Handler'
  constructor(protocol: string, thrown: unknown) {
    super('bug', `The handler of ${protocol} threw ${String(thrown)}.`)
  }
}
