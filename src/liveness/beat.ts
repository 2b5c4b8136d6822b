// A beat: a node's signed word that it is there in a slot and what it is doing. A witness: a peer's signed word that it saw the beat.
// Both are claims until many agree; what they are worth is decided where they are counted.
import * as v from 'valibot'
import type { Digest } from '#core/digest.ts'
import type { PublicKey, Signer } from '#core/ed25519.ts'
import { SchemaError, digestSchema, parseAs, publicKeySchema, signedSchema, uintSchema } from '#core/schema.ts'
import { type Signed, type SigningContext, messageId, signMessage, verifyMessage } from '#core/signed.ts'
import { SLOT_TOLERANCE, slotOf } from './slot.ts'

/** Message types on the wire. */
export const BEAT_TYPE = 'beat'
export const WITNESS_TYPE = 'witness'

/** What a node may be doing. `paused` is by its own rules (battery, pressure, input), `stopped` by its owner's will. */
export const BEAT_STATES = ['working', 'idle', 'paused', 'stopped'] as const

/** One of {@link BEAT_STATES}. */
export type BeatState = (typeof BEAT_STATES)[number]

/** Highest rate that is believed: 10^10 MOP/s, a few times the fastest device there is. */
export const MAX_RATED_MOPS = 10_000_000_000

/** What a node says of itself in a slot. */
export type BeatBody = {
  readonly slot: number
  readonly node: PublicKey
  readonly state: BeatState
  /** Rate of the last self-test or challenge, in 10^6 operations a second. */
  readonly ratedMops: number
  /** Units done since the session key was made. */
  readonly unitsDone: number
  /** Counts the node's beats, so that the later of two in one slot is known. */
  readonly sequence: number
}

/** A signed beat. */
export type Beat = Signed<BeatBody>

/** What a peer says of a beat. */
export type WitnessBody = { readonly beat: Digest; readonly slot: number; readonly witness: PublicKey }

/** A signed witness. */
export type Witness = Signed<WitnessBody>

/** The first check that failed. */
export type BeatCheck = 'form' | 'type' | 'network' | 'signer' | 'slot' | 'signature'
export type WitnessCheck = BeatCheck | 'beat' | 'self'

/** Outcome of {@link verifyBeat}. */
export type BeatVerdict = { readonly ok: true; readonly beat: Beat } | BeatFailure<BeatCheck>

/** Outcome of {@link verifyWitness}. */
export type WitnessVerdict = { readonly ok: true; readonly witness: Witness } | BeatFailure<WitnessCheck>

/** A check that failed and why. */
export type BeatFailure<Check> = { readonly ok: false; readonly check: Check; readonly reason: string }

/** Schema of a signed beat. */
export const beatSchema = signedSchema<BeatBody>(
  v.strictObject({
    slot: uintSchema(),
    node: publicKeySchema,
    state: v.picklist(BEAT_STATES),
    ratedMops: uintSchema(MAX_RATED_MOPS),
    unitsDone: uintSchema(),
    sequence: uintSchema(),
  }),
)

/** Schema of a signed witness. */
export const witnessSchema = signedSchema<WitnessBody>(
  v.strictObject({ beat: digestSchema, slot: uintSchema(), witness: publicKeySchema }),
)

/** Signs a beat of the signer's own node. */
export function signBeat(signer: Signer, context: SigningContext, beat: Omit<BeatBody, 'node'>): Promise<Beat> {
  return signMessage<BeatBody>(signer, BEAT_TYPE, context, { ...beat, node: signer.publicKey })
}

/** Countersigns a beat that the signer has verified. */
export function signWitness(signer: Signer, context: SigningContext, beat: Beat): Promise<Witness> {
  const body: WitnessBody = { beat: messageId(beat), slot: beat.body.slot, witness: signer.publicKey }
  return signMessage<WitnessBody>(signer, WITNESS_TYPE, context, body)
}

/** Whether `message` is a beat of `network`, signed by the node it speaks of, within a slot of `nowMs`. Never throws on hostile input. */
export function verifyBeat(message: unknown, network: Digest, nowMs: number): BeatVerdict {
  const beat = parseOrReason(beatSchema, message, 'beat')
  if (typeof beat === 'string') return fail('form', beat)
  const failure = checkEnvelope(beat, BEAT_TYPE, network)
  if (failure !== undefined) return failure
  if (beat.body.node !== beat.signer) return fail('signer', `${beat.signer} signed a beat of ${beat.body.node}.`)
  const now = slotOf(nowMs)
  // Written so that a time that is not a number fails too.
  if (!(Math.abs(beat.body.slot - now) <= SLOT_TOLERANCE))
    return fail('slot', `The beat is of slot ${beat.body.slot}, and it is slot ${now}.`)
  if (!verifyMessage(beat, BEAT_TYPE, network)) return fail('signature', `The beat is not signed by ${beat.signer}.`)
  return { ok: true, beat }
}

/** Whether `message` is another node's witness to `beat`, which is verified already. Never throws on hostile input. */
export function verifyWitness(message: unknown, beat: Beat, network: Digest): WitnessVerdict {
  const witness = parseOrReason(witnessSchema, message, 'witness')
  if (typeof witness === 'string') return fail('form', witness)
  const failure = checkEnvelope(witness, WITNESS_TYPE, network)
  if (failure !== undefined) return failure
  const { body, signer } = witness
  if (body.witness !== signer) return fail('signer', `${signer} signed a witness of ${body.witness}.`)
  if (signer === beat.signer) return fail('self', 'A node cannot witness its own beat.')
  if (body.beat !== messageId(beat)) return fail('beat', 'The witness saw another beat.')
  if (body.slot !== beat.body.slot)
    return fail('slot', `The witness is of slot ${body.slot}, and the beat of slot ${beat.body.slot}.`)
  if (!verifyMessage(witness, WITNESS_TYPE, network))
    return fail('signature', `The witness is not signed by ${signer}.`)
  return { ok: true, witness }
}

/** Whether `next` may follow `previous`, two verified beats of one node: sequence numbers rise and slots never fall. */
export function isSuccessor(previous: Beat, next: Beat): boolean {
  return (
    previous.signer === next.signer &&
    next.body.sequence > previous.body.sequence &&
    next.body.slot >= previous.body.slot &&
    next.body.unitsDone >= previous.body.unitsDone
  )
}

function checkEnvelope(message: Signed, type: string, network: Digest): BeatFailure<'type' | 'network'> | undefined {
  if (message.type !== type) return fail('type', `The message is of type ${message.type}, not ${type}.`)
  if (message.network !== network) return fail('network', `The message belongs to network ${message.network}.`)
  return undefined
}

function parseOrReason<T>(schema: v.GenericSchema<unknown, T>, value: unknown, what: string): T | string {
  try {
    return parseAs(schema, value, what)
  } catch (error) {
    if (error instanceof SchemaError) return error.message
    throw error
  }
}

function fail<Check>(check: Check, reason: string): BeatFailure<Check> {
  return { ok: false, check, reason }
}

/** The sequence number of a beat after `last`: milliseconds rise across restarts too, so that nothing has to be stored. */
export function nextSequence(last: number, nowMs: number): number {
  return Math.max(last + 1, nowMs)
}
