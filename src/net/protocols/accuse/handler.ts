// Both sides of the accusation. What it is worth is judged by whoever serves it.
import type { PublicKey } from '#core/ed25519.ts'
import type { Peer, PeerTarget } from '#net/peer.ts'
import { type RemotePeer, handleProtocol, openChannel } from '#net/protocol.ts'
import { ACCUSE_PROTOCOL, ACCUSE_TIMEOUT_MS } from './constants.ts'
import { type Accusation, type AccusationAnswer, accusationAnswerSchema, accusationSchema } from './messages.ts'

/** Hands `accusation` to the coordinator. Throws UnreachablePeerError, a TimeoutError or the signal's reason. */
export async function accuse(
  peer: Peer,
  coordinator: PeerTarget,
  accusation: Accusation,
  signal?: AbortSignal,
): Promise<AccusationAnswer> {
  const deadline = AbortSignal.timeout(ACCUSE_TIMEOUT_MS)
  const limit = signal === undefined ? deadline : AbortSignal.any([signal, deadline])
  const channel = await openChannel(peer, coordinator, ACCUSE_PROTOCOL, { signal: limit })
  try {
    await channel.send(accusation, { signal: limit })
    return await channel.receive(accusationAnswerSchema, 'answer to an accusation', { signal: limit })
  } finally {
    void channel.close()
  }
}

/** Takes accusations as the coordinator; returns the end of it. */
export function serveAccusations(
  peer: Peer,
  judge: (accusation: Accusation, remote: RemotePeer) => Promise<AccusationAnswer>,
  onError?: (error: unknown, remote: PublicKey) => void,
): Promise<() => Promise<void>> {
  return handleProtocol(
    peer,
    ACCUSE_PROTOCOL,
    async (channel, remote) => {
      const accusation = await channel.receive(accusationSchema, 'accusation', { timeoutMs: ACCUSE_TIMEOUT_MS })
      await channel.send(await judge(accusation, remote))
    },
    onError,
  )
}
