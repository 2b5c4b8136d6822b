// Both sides of the reveal protocol: one exchange opens both commitments. Who may see a reveal is decided by whoever serves it.
import type { PublicKey } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import type { Peer } from '#net/peer.ts'
import { handleProtocol, openChannel } from '#net/protocol.ts'
import type { TransportKind } from '#net/traffic.ts'
import type { Reveal } from '#verify/reveal.ts'
import { REVEAL_PROTOCOL, REVEAL_TIMEOUT_MS } from './constants.ts'
import { type RevealMessage, revealAnswerSchema, revealMessageSchema } from './messages.ts'

/** What a peer answered, and how it travelled. The reveal is null when the peer would not open its commitment. */
export type RevealReceipt = { readonly reveal: Reveal | null; readonly transport: TransportKind }

/** Takes a peer's reveal and answers with this node's own, or with null. */
export type RevealListener = (message: RevealMessage, transport: TransportKind) => Promise<Reveal | null>

/** Opens this node's commitment to the node `to` and asks for its own. Throws UnreachablePeerError, a TimeoutError or the signal's reason. */
export async function exchangeReveals(
  peer: Peer,
  to: PublicKey,
  message: RevealMessage,
  signal?: AbortSignal,
): Promise<RevealReceipt> {
  const deadline = AbortSignal.timeout(REVEAL_TIMEOUT_MS)
  const limit = signal === undefined ? deadline : AbortSignal.any([signal, deadline])
  const channel = await openChannel(peer, to, REVEAL_PROTOCOL, { signal: limit })
  try {
    await channel.send(message, { signal: limit })
    const { reveal } = await channel.receive(revealAnswerSchema, 'reveal', { signal: limit })
    if (reveal !== null) assertSigner(reveal, to)
    return { reveal, transport: channel.transport }
  } finally {
    void channel.close()
  }
}

/** Serves the exchange; returns the end of it. Throws (and drops the peer) when a reveal is not the sender's own. */
export function serveReveals(peer: Peer, listener: RevealListener): Promise<() => Promise<void>> {
  return handleProtocol(peer, REVEAL_PROTOCOL, async (channel, remote) => {
    const message = await channel.receive(revealMessageSchema, 'reveal', { timeoutMs: REVEAL_TIMEOUT_MS })
    assertSigner(message.reveal, remote.publicKey)
    await channel.send({ reveal: await listener(message, remote.transport) })
  })
}

function assertSigner(reveal: Reveal, sender: PublicKey): void {
  if (reveal.signer !== sender) throw new ForeignRevealError()
}

/** A peer sent another node's reveal. */
export class ForeignRevealError extends AppError {
  override readonly name = 'net.ForeignReveal'
  constructor() {
    super('hostile', 'The peer sent the reveal of another node.')
  }
}
