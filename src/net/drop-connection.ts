// Ends a connection for good. Work-around: aborting a WebSocket connection in @libp2p/websockets 10.1.21 calls close(1006), which the
// WebSocket refuses, so the socket stays open and the other side keeps a connection whose streams are dead. Closing works.
import type { Connection } from '@libp2p/interface'

/** How long a connection may take to close before it is only forgotten on this side. */
export const DROP_TIMEOUT_MS = 1_000

/** Cuts every stream of `connection` with `error` and closes it. Never throws. */
export async function dropConnection(connection: Connection, error: Error): Promise<void> {
  for (const stream of connection.streams) stream.abort(error)
  try {
    await connection.close({ signal: AbortSignal.timeout(DROP_TIMEOUT_MS) })
  } catch {
    connection.abort(error)
  }
}
