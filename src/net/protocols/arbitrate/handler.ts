// Both sides of the third opinion. Whom to ask and what the answer is worth is the coordinator's business.
import type { PublicKey } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import type { Peer } from '#net/peer.ts'
import { handleProtocol, openChannel } from '#net/protocol.ts'
import { ARBITRATE_PROTOCOL, ARBITRATE_TIMEOUT_MS } from './constants.ts'
import {
  type ArbitrationAnswer,
  type ArbitrationRequest,
  arbitrationAnswerSchema,
  arbitrationRequestSchema,
} from './messages.ts'

/** Asks the node `to`. Throws UnreachablePeerError, a TimeoutError or the signal's reason. */
export async function askThird(
  peer: Peer,
  to: PublicKey,
  request: ArbitrationRequest,
  signal?: AbortSignal,
): Promise<ArbitrationAnswer> {
  const deadline = AbortSignal.timeout(ARBITRATE_TIMEOUT_MS)
  const limit = signal === undefined ? deadline : AbortSignal.any([signal, deadline])
  const channel = await openChannel(peer, to, ARBITRATE_PROTOCOL, { signal: limit })
  try {
    await channel.send(request, { signal: limit })
    return await channel.receive(arbitrationAnswerSchema, 'third opinion', { signal: limit })
  } finally {
    void channel.close()
  }
}

/** Gives third opinions to `coordinator` and to nobody else; returns the end of it. */
export function serveThird(
  peer: Peer,
  coordinator: PublicKey,
  answer: (request: ArbitrationRequest, signal: AbortSignal) => Promise<ArbitrationAnswer>,
): Promise<() => Promise<void>> {
  return handleProtocol(peer, ARBITRATE_PROTOCOL, async (channel, remote) => {
    if (remote.publicKey !== coordinator) throw new ForeignArbitrationError(remote.publicKey)
    const request = await channel.receive(arbitrationRequestSchema, 'request for a third opinion', {
      timeoutMs: ARBITRATE_TIMEOUT_MS,
    })
    await channel.send(await answer(request, channel.ended))
  })
}

/** Somebody who is not the coordinator asked for a third opinion. */
export class ForeignArbitrationError extends AppError {
  override readonly name = 'net.ForeignArbitration'
  constructor(remote: PublicKey) {
    super('hostile', `The peer ${remote} asked for a third opinion, but only the coordinator may.`)
  }
}
