// Proof that a node contradicted itself: it signed, while it computed, how its result begins, and then revealed another result. No driver
// does that: what is streamed and what is revealed come from one computation.
import * as v from 'valibot'
import { fromBase64url, toBase64url } from '#core/bytes.ts'
import { decodeCanonicalJson, encodeCanonicalJson } from '#core/canonical-json.ts'
import { CHUNK_BYTES, partCount } from '#core/content.ts'
import { type Digest, digestOf } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import { leafDigest, merkleRoot } from '#core/merkle.ts'
import { parseAs, textSchema } from '#core/schema.ts'
import { verifyMessage } from '#core/signed.ts'
import type { Kind } from '#work/kind.ts'
import { leaseId, leaseSchema } from '#work/lease.ts'
import { type Unit, unitId, unitSchema } from '#work/unit.ts'
import { closeSchema } from './close.ts'
import { type Authority, type Evidence, evidenceOutcomes } from './commit.ts'
import { commitmentSchema } from './commitment.ts'
import { PROGRESS_TYPE, type SignedProgress, isBeginning, progressSchema } from './progress.ts'
import { revealSchema } from './reveal.ts'
import { type Outcome, type Verdict, outcome, verdictOf } from './verdict.ts'
import { kindOrReason } from './verify-certificate.ts'

/** Format of the text form. */
export const BROKEN_CLAIM_FORMAT = 'commonwatt/broken-claim/v1'

/** Parts of a result that can be streamed: texts are small. */
export const MAX_CLAIM_PARTS = 256

/** Longest text: those parts in base64 and the messages. */
export const MAX_BROKEN_CLAIM_BYTES = 2 * MAX_CLAIM_PARTS * CHUNK_BYTES

/** The whole result as the node revealed it, its parts in base64url, and what it had signed of it. */
export type BrokenClaimProof = Evidence & {
  readonly format: typeof BROKEN_CLAIM_FORMAT
  readonly unit: Unit
  readonly progress: SignedProgress
  readonly parts: readonly string[]
}

/** A proof as it comes from elsewhere. */
export const brokenClaimSchema: v.GenericSchema<unknown, BrokenClaimProof> = v.strictObject({
  format: v.literal(BROKEN_CLAIM_FORMAT),
  unit: unitSchema,
  lease: leaseSchema,
  commitment: commitmentSchema,
  close: closeSchema,
  reveal: revealSchema,
  progress: progressSchema,
  parts: v.pipe(v.array(textSchema(Math.ceil((CHUNK_BYTES * 4) / 3))), v.maxLength(MAX_CLAIM_PARTS)),
})

/** The proof that `progress` is not how the result with these `parts` begins. */
export function makeBrokenClaim(
  { lease, commitment, close, reveal }: Evidence,
  unit: Unit,
  progress: SignedProgress,
  parts: readonly Uint8Array[],
): BrokenClaimProof {
  const format = BROKEN_CLAIM_FORMAT
  return { format, unit, lease, commitment, close, reveal, progress, parts: parts.map((part) => toBase64url(part)) }
}

/** Whether the node contradicted itself. Needs neither model nor inputs. */
export function verifyBrokenClaim(proof: BrokenClaimProof, authority: Authority): Verdict {
  return verdictOf(claimOutcomes(proof, authority))
}

/** Identity of a proof, which a `fault` entry of the log names: the result counts by its root. */
export function brokenClaimId(proof: BrokenClaimProof): Digest {
  return digestOf('broken-claim', { ...proof, parts: proof.parts.length })
}

/** The canonical text of a proof. */
export function encodeBrokenClaim(proof: BrokenClaimProof): Uint8Array<ArrayBuffer> {
  return encodeCanonicalJson(proof)
}

/** The proof of a canonical text. Throws a CanonicalJsonError or SchemaError on anything else. */
export function decodeBrokenClaim(bytes: Uint8Array): BrokenClaimProof {
  const value = decodeCanonicalJson(bytes, { maxBytes: MAX_BROKEN_CLAIM_BYTES, maxDepth: 16 })
  return parseAs(brokenClaimSchema, value, 'broken claim')
}

function* claimOutcomes(proof: BrokenClaimProof, authority: Authority): Generator<Outcome> {
  const { unit, lease, reveal, progress } = proof
  const { node } = lease.body
  const kind = kindOrReason(unit)
  if (typeof kind === 'string') return yield outcome('unit', false, kind)
  yield outcome('unit', unitId(unit) === lease.body.unit, 'The unit is not the one that was leased.')
  yield* evidenceOutcomes(proof, authority)
  const parts = proof.parts.map((part) => bytesOrNull(part))
  const leaves = parts.map((part) => leafDigest(part ?? new Uint8Array(0)))
  const isWhole = parts.length === partCount(kind.resultLayout(unit)) && parts.every((part) => part !== null)
  yield outcome('root', isWhole && merkleRoot(leaves) === reveal.body.root, `The parts are not what ${node} revealed.`)
  const isOwn =
    progress.signer === node &&
    progress.body.lease === leaseId(lease) &&
    progress.body.unit === lease.body.unit &&
    verifyMessage(progress, PROGRESS_TYPE, authority.network)
  yield outcome('progress', isOwn, `The progress is not signed by node ${node} under this lease.`)
  const whole = progressOf(kind, unit, parts)
  if (whole === null)
    return yield outcome('progress', false, 'Of such a result nothing can be said while it is computed.')
  yield outcome('conflict', !isBeginning(progress, whole), 'The result begins as the node had said.')
}

/** What the result says of itself; null where it is not one that can be streamed, and so may be wrong but contradicts nothing. */
function progressOf(kind: Kind, unit: Unit, parts: readonly (Uint8Array | null)[]): Uint8Array | null {
  const whole = parts.map((part) => part ?? new Uint8Array(0))
  try {
    return kind.progress?.of(unit, whole) ?? null
  } catch (error) {
    if (error instanceof AppError && error.kind === 'input') return null
    throw error
  }
}

function bytesOrNull(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return fromBase64url(text)
  } catch {
    return null
  }
}
