// Which connection a stream uses. libp2p keeps a relayed connection open beside the direct one and would use either: here the direct one is
// chosen explicitly, and every channel knows how its bytes travel.
import type { Connection, Libp2p } from '@libp2p/interface'
import type { PublicKey } from '#core/ed25519.ts'
import { peerIdOf } from './peer-identity.ts'
import type { TransportKind } from './traffic.ts'

const PREFERENCE: readonly TransportKind[] = ['webrtc', 'websocket', 'relay']

/** How `connection` reaches its peer. A connection with limits is the relay's, whatever its address says. */
export function transportOf(connection: Pick<Connection, 'remoteAddr' | 'limits'>): TransportKind {
  const names = connection.remoteAddr.getComponents().map(({ name }) => name)
  if (connection.limits === undefined && names.includes('webrtc')) return 'webrtc'
  if (connection.limits !== undefined || names.includes('p2p-circuit')) return 'relay'
  return 'websocket'
}

/** Whether nobody stands between this peer and the other. */
export function isDirect(connection: Pick<Connection, 'remoteAddr' | 'limits'>): boolean {
  return transportOf(connection) !== 'relay'
}

/** The best open connection to `remote`: WebRTC before WebSocket before the relay, the youngest among equals. */
export function bestConnection(libp2p: Libp2p, remote: PublicKey): Connection | undefined {
  const open = libp2p.getConnections(peerIdOf(remote)).filter((connection) => connection.status === 'open')
  const rank = (connection: Connection) => PREFERENCE.indexOf(transportOf(connection))
  open.sort((a, b) => rank(a) - rank(b) || b.timeline.open - a.timeline.open)
  return open[0]
}

/** The best open direct connection to `remote`, if there is one. */
export function directConnection(libp2p: Libp2p, remote: PublicKey): Connection | undefined {
  const best = bestConnection(libp2p, remote)
  return best !== undefined && isDirect(best) ? best : undefined
}
