// Equivocation: two messages by one signer that cannot both be honest. Two commitments under one lease convict a node, two closes of one
// round, or closes that list different commitments for one lease, convict the coordinator. The pair is the whole proof.
import * as v from 'valibot'
import { decodeCanonicalJson, encodeCanonicalJson } from '#core/canonical-json.ts'
import { type Digest, digestOf } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { parseAs } from '#core/schema.ts'
import { type PlainValue, type Signed, messageId, verifyMessage } from '#core/signed.ts'
import { type Lease, leaseId, leaseSchema } from '#work/lease.ts'
import { CLOSE_TYPE, type Close, type CloseBody, closeSchema } from './close.ts'
import { type Authority, leaseOutcome } from './commit.ts'
import { COMMITMENT_TYPE, type Commitment, commitmentSchema } from './commitment.ts'
import { type Outcome, type Verdict, outcome, verdictOf } from './verdict.ts'

/** Two messages that contradict one another. */
export type Equivocation =
  | { readonly about: 'commitment'; readonly messages: readonly [Commitment, Commitment] }
  | { readonly about: 'close'; readonly messages: readonly [Close, Close] }

/** An equivocation as it comes from elsewhere. */
export const equivocationSchema: v.GenericSchema<unknown, Equivocation> = v.variant('about', [
  v.strictObject({ about: v.literal('commitment'), messages: v.strictTuple([commitmentSchema, commitmentSchema]) }),
  v.strictObject({ about: v.literal('close'), messages: v.strictTuple([closeSchema, closeSchema]) }),
])

/** Format of the text form. */
export const EQUIVOCATION_FORMAT = 'commonwatt/equivocation/v1'

/** Longest text: two closes of seven entries, or two commitments and a lease, are under 16 KiB. */
export const MAX_EQUIVOCATION_BYTES = 32 * 1024

/** A pair as a document. `lease` is the one that two commitments are under; null for closes. */
export type EquivocationProof = {
  readonly format: typeof EQUIVOCATION_FORMAT
  readonly pair: Equivocation
  readonly lease: Lease | null
}

/** A document as it comes from elsewhere. */
export const equivocationProofSchema: v.GenericSchema<unknown, EquivocationProof> = v.strictObject({
  format: v.literal(EQUIVOCATION_FORMAT),
  pair: equivocationSchema,
  lease: v.nullable(leaseSchema),
})

/** The document of a pair. Its messages are put in one order, so that a pair has one document. */
export function makeEquivocationProof(pair: Equivocation, lease: Lease | null): EquivocationProof {
  const ordered: Equivocation =
    pair.about === 'close'
      ? { about: pair.about, messages: inOrder(...pair.messages) }
      : { about: pair.about, messages: inOrder(...pair.messages) }
  return { format: EQUIVOCATION_FORMAT, pair: ordered, lease }
}

/** Whether the document convicts: the pair contradicts itself, and two commitments are under a lease that the coordinator gave their signer. */
export function verifyEquivocationProof(proof: EquivocationProof, authority: Authority): Verdict {
  return verdictOf(proofOutcomes(proof, authority))
}

/** Identity of a document, which a `fault` entry of the log names. */
export function equivocationProofId(proof: EquivocationProof): Digest {
  return digestOf('equivocation', proof)
}

/** The canonical text of a document. */
export function encodeEquivocationProof(proof: EquivocationProof): Uint8Array<ArrayBuffer> {
  return encodeCanonicalJson(proof)
}

/** The document of a canonical text. Throws a CanonicalJsonError or SchemaError on anything else. */
export function decodeEquivocationProof(bytes: Uint8Array): EquivocationProof {
  const value = decodeCanonicalJson(bytes, { maxBytes: MAX_EQUIVOCATION_BYTES, maxDepth: 16 })
  return parseAs(equivocationProofSchema, value, 'equivocation')
}

function inOrder<T extends Signed>(first: T, second: T): readonly [T, T] {
  return messageId(first) <= messageId(second) ? [first, second] : [second, first]
}

function* proofOutcomes({ pair, lease }: EquivocationProof, authority: Authority): Generator<Outcome> {
  yield* equivocationOutcomes(pair, authority)
  if (pair.about === 'close') return
  const [{ body, signer }] = pair.messages
  const isUnder = lease !== null && leaseId(lease) === body.lease && lease.body.node === signer
  yield outcome('lease', isUnder, `The lease under which node ${signer} committed is not given.`)
  if (lease !== null) yield leaseOutcome(lease, authority)
}

/** Whom a pair convicts. */
export function equivocator(pair: Equivocation): PublicKey {
  return pair.messages[0].signer
}

/** Whether the pair is signed by one signer, who may say such things, and contradicts itself. */
export function verifyEquivocation(pair: Equivocation, authority: Authority): Verdict {
  return verdictOf(equivocationOutcomes(pair, authority))
}

function* equivocationOutcomes(pair: Equivocation, { network, coordinator }: Authority): Generator<Outcome> {
  const [first, second] = pair.messages
  yield outcome('conflict', first.signer === second.signer, 'The two messages are by different signers.')
  const type = pair.about === 'commitment' ? COMMITMENT_TYPE : CLOSE_TYPE
  const isSigned = pair.messages.every((message: Signed) => verifyMessage(message, type, network))
  yield outcome(pair.about, isSigned, 'One of the messages is not signed by its signer.')
  if (pair.about === 'close')
    yield outcome('close', first.signer === coordinator, 'The closes are not by the coordinator.')
  const isConflict =
    pair.about === 'commitment'
      ? commitmentsConflict(pair.messages[0], pair.messages[1])
      : closesConflict(pair.messages[0].body, pair.messages[1].body)
  yield outcome('conflict', isConflict, 'The two messages do not contradict one another.')
}

/** Signing the same body again, with a newer checkpoint for instance, is no equivocation. */
function commitmentsConflict(a: Commitment, b: Commitment): boolean {
  return a.body.lease === b.body.lease && bodyDigest(a.body) !== bodyDigest(b.body)
}

function closesConflict(a: CloseBody, b: CloseBody): boolean {
  if (a.unit !== b.unit || a.admissionLeaf !== b.admissionLeaf) return false
  if (a.attempt === b.attempt && a.round === b.round) return bodyDigest(a) !== bodyDigest(b)
  return a.entries.some((entry) =>
    b.entries.some((other) => other.lease === entry.lease && other.commitment !== entry.commitment),
  )
}

function bodyDigest(body: PlainValue): Digest {
  return digestOf('equivocation-body', body)
}
