// Lets libp2p take WebSocket upgrades from an HTTP server that is there already, so that pages, API and peers share one port.
// @libp2p/websockets can only listen by itself: its listener is bound to a loopback port that nobody is told of, and the
// upgrades of the shared server are handed to it.
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Listener } from '@libp2p/interface'
import { getThinWaistAddresses } from '@libp2p/utils'
import { webSockets } from '@libp2p/websockets'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { AppError } from '#core/errors.ts'

/** Where the hidden listener is bound. */
export const HIDDEN_LISTEN_ADDRESS = '/ip4/127.0.0.1/tcp/0/ws'

type WebSocketTransport = ReturnType<typeof webSockets>
type UpgradeListener = Listener & { onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void }

/** The WebSocket transport whose one listener takes the upgrades of `server`. */
export function webSocketsOn(server: Server): WebSocketTransport {
  return (components) => {
    const transport = webSockets()(components)
    const createListener = transport.createListener.bind(transport)
    transport.createListener = (options) => share(createListener(options), server)
    return transport
  }
}

/** Multiaddrs under which a listening `server` is reached from this machine and its networks. */
export function addressesOf(server: Server): Multiaddr[] {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new ServerNotListeningError()
  const { address: host, port, family } = address
  const listening = multiaddr(`/${family === 'IPv6' ? 'ip6' : 'ip4'}/${host}/tcp/${port}`)
  const found = getThinWaistAddresses(listening, port)
  // A server on :: takes IPv4 as well.
  if (host === '::') found.unshift(...getThinWaistAddresses(multiaddr('/ip4/0.0.0.0/tcp/0'), port))
  return found.map((each) => each.encapsulate('/ws'))
}

function share(listener: Listener, server: Server): Listener {
  if (!canUpgrade(listener)) throw new ListenerChangedError()
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Without this an address that resets during the upgrade would end the process.
    socket.on('error', () => socket.destroy())
    if (request.url === '/') listener.onUpgrade(request, socket, head)
    else if (server.listenerCount('upgrade') === 1) socket.end('HTTP/1.1 404 Not Found\r\n\r\n')
  }
  server.on('upgrade', onUpgrade)
  listener.addEventListener('close', () => server.off('upgrade', onUpgrade))
  return listener
}

function canUpgrade(listener: Listener): listener is UpgradeListener {
  return 'onUpgrade' in listener && typeof listener.onUpgrade === 'function'
}

/** The server to share has no address yet. */
export class ServerNotListeningError extends AppError {
  override readonly name = 'net.ServerNotListening'
  constructor() {
    super('input', 'The HTTP server must listen on a TCP port before peers can share it.')
  }
}

/** The WebSocket transport's listener no longer takes upgrades. */
export class ListenerChangedError extends AppError {
  override readonly name = 'net.ListenerChanged'
  constructor() {
    super('bug', 'This version of @libp2p/websockets has no listener.onUpgrade: the port cannot be shared.')
  }
}
