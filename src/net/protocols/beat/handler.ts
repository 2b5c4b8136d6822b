// The three sides of the beat protocol: the node that beats, the coordinator that draws a witness, and the witness.
import type { PublicKey } from '#core/ed25519.ts'
import type { Beat, Witness } from '#liveness/beat.ts'
import type { Peer, PeerTarget } from '#net/peer.ts'
import { type RemotePeer, handleProtocol, openChannel } from '#net/protocol.ts'
import type { TransportKind } from '#net/traffic.ts'
import { BEAT_ANSWER_TIMEOUT_MS, BEAT_PROTOCOL, WITNESS_TIMEOUT_MS } from './constants.ts'
import {
  type BeatAnswer,
  type WitnessDraw,
  beatAnswerSchema,
  beatMessageSchema,
  countersignatureSchema,
  witnessDrawSchema,
} from './messages.ts'

/** How the coordinator takes a beat. */
export interface BeatKeeper {
  /** The witness for a beat, or null when there is none or the beat is not valid. */
  draw(beat: Beat, remote: RemotePeer): Promise<WitnessDraw>
  keep(beat: Beat, countersignature: Witness | null, remote: RemotePeer): Promise<BeatAnswer>
}

/** A countersignature and how it came. */
export type WitnessReceipt = { readonly countersignature: Witness | null; readonly transport: TransportKind }

/** Sends `beat` to the coordinator; `ask` gets the drawn witness's countersignature, or null. Throws when the coordinator cannot be reached. */
export async function sendBeat(
  peer: Peer,
  coordinator: PeerTarget,
  beat: Beat,
  ask: (witness: PublicKey) => Promise<Witness | null>,
  signal?: AbortSignal,
): Promise<BeatAnswer> {
  const channel = await openChannel(peer, coordinator, BEAT_PROTOCOL, { signal })
  try {
    const options = { signal, timeoutMs: BEAT_ANSWER_TIMEOUT_MS }
    await channel.send({ beat }, options)
    const { witness } = await channel.receive(witnessDrawSchema, 'witness', options)
    const countersignature = witness === null ? null : await ask(witness.node)
    await channel.send({ countersignature }, options)
    return await channel.receive(beatAnswerSchema, 'answer to a beat', options)
  } finally {
    void channel.close()
  }
}

/** Asks the node `to` to countersign `beat`. Throws UnreachablePeerError, a TimeoutError or the signal's reason. */
export async function askWitness(peer: Peer, to: PublicKey, beat: Beat, signal?: AbortSignal): Promise<WitnessReceipt> {
  const deadline = AbortSignal.timeout(WITNESS_TIMEOUT_MS)
  const limit = signal === undefined ? deadline : AbortSignal.any([signal, deadline])
  const channel = await openChannel(peer, to, BEAT_PROTOCOL, { signal: limit })
  try {
    await channel.send({ beat }, { signal: limit })
    const answer = await channel.receive(countersignatureSchema, 'countersignature', { signal: limit })
    return { countersignature: answer.countersignature, transport: channel.transport }
  } finally {
    void channel.close()
  }
}

/** Takes beats as the coordinator; returns the end of it. */
export function serveBeats(
  peer: Peer,
  keeper: BeatKeeper,
  onError?: (error: unknown, remote: PublicKey) => void,
): Promise<() => Promise<void>> {
  return handleProtocol(
    peer,
    BEAT_PROTOCOL,
    async (channel, remote) => {
      const { beat } = await channel.receive(beatMessageSchema, 'beat', { timeoutMs: BEAT_ANSWER_TIMEOUT_MS })
      await channel.send(await keeper.draw(beat, remote))
      // The node asks its witness meanwhile, dial included.
      const options = { timeoutMs: WITNESS_TIMEOUT_MS + BEAT_ANSWER_TIMEOUT_MS }
      const { countersignature } = await channel.receive(countersignatureSchema, 'countersignature', options)
      await channel.send(await keeper.keep(beat, countersignature, remote))
    },
    onError,
  )
}

/** Countersigns beats as a witness; `countersign` returns null for a beat that it will not sign. Returns the end of it. */
export function serveWitness(
  peer: Peer,
  countersign: (beat: Beat, remote: RemotePeer) => Promise<Witness | null>,
  onError?: (error: unknown, remote: PublicKey) => void,
): Promise<() => Promise<void>> {
  return handleProtocol(
    peer,
    BEAT_PROTOCOL,
    async (channel, remote) => {
      const { beat } = await channel.receive(beatMessageSchema, 'beat', { timeoutMs: WITNESS_TIMEOUT_MS })
      await channel.send({ countersignature: await countersign(beat, remote) })
    },
    onError,
  )
}
