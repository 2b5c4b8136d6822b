// Both sides of the connect protocol.
import type { Connection } from '@libp2p/interface'
import type { PublicKey } from '#core/ed25519.ts'
import type { Peer } from '#net/peer.ts'
import { handleProtocol, openChannelOn } from '#net/protocol.ts'
import { CONNECT_PROTOCOL } from './constants.ts'
import { dialMeSchema, dialedSchema } from './messages.ts'

/** Asks the peer behind `connection` to dial; resolves to whether it says that it has. */
export async function askToDial(peer: Peer, connection: Connection, signal: AbortSignal): Promise<boolean> {
  const channel = await openChannelOn(peer, connection, CONNECT_PROTOCOL, signal)
  try {
    await channel.send({ type: 'dial-me' }, { signal })
    const answer = await channel.receive(dialedSchema, 'answer to a dial request', { signal })
    return answer.isConnected
  } finally {
    void channel.close()
  }
}

/** Dials peers that ask for it, by `dial`; returns the end of it. */
export function serveDialRequests(
  peer: Peer,
  dial: (remote: PublicKey, signal: AbortSignal) => Promise<unknown>,
): Promise<() => Promise<void>> {
  return handleProtocol(peer, CONNECT_PROTOCOL, async (channel, remote) => {
    await channel.receive(dialMeSchema, 'dial request')
    const isConnected = await dial(remote.publicKey, channel.ended).then(
      () => true,
      () => false,
    )
    await channel.send({ type: 'dialed', isConnected })
  })
}
