// Who asks, for rate limits: the socket's address, because headers can be made up.
import { getConnInfo } from '@hono/node-server/conninfo'
import type { Context } from 'hono'

/** The address of the other end; requests made in process have none. */
export function remoteAddress(c: Context): string {
  const bindings = c.env as { incoming?: unknown } | undefined
  return bindings?.incoming === undefined ? 'local' : (getConnInfo(c).remote.address ?? 'unknown')
}
