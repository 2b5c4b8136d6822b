// Both sides of the exchange of log views. What a view is worth is judged by whoever gets it.
import type { PublicKey } from '#core/ed25519.ts'
import type { Peer } from '#net/peer.ts'
import { handleProtocol, openChannel } from '#net/protocol.ts'
import { LOG_VIEW_PROTOCOL, LOG_VIEW_TIMEOUT_MS } from './constants.ts'
import { type LogView, logViewSchema } from './messages.ts'

/** Shows `view` to the node `to` and returns its own. Throws UnreachablePeerError, a TimeoutError or the signal's reason. */
export async function exchangeLogViews(
  peer: Peer,
  to: PublicKey,
  view: LogView,
  signal?: AbortSignal,
): Promise<LogView> {
  const deadline = AbortSignal.timeout(LOG_VIEW_TIMEOUT_MS)
  const limit = signal === undefined ? deadline : AbortSignal.any([signal, deadline])
  const channel = await openChannel(peer, to, LOG_VIEW_PROTOCOL, { signal: limit })
  try {
    await channel.send(view, { signal: limit })
    return await channel.receive(logViewSchema, 'view of the log', { signal: limit })
  } finally {
    void channel.close()
  }
}

/** Answers with `own` and hands over what the others show; returns the end of it. */
export function serveLogViews(
  peer: Peer,
  own: () => LogView,
  onView: (view: LogView, from: PublicKey) => void,
): Promise<() => Promise<void>> {
  return handleProtocol(peer, LOG_VIEW_PROTOCOL, async (channel, remote) => {
    const view = await channel.receive(logViewSchema, 'view of the log', { timeoutMs: LOG_VIEW_TIMEOUT_MS })
    await channel.send(own())
    onView(view, remote.publicKey)
  })
}
