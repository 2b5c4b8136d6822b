// Proof that a node revealed a possession tag that is not of the unit's inputs: its result may be right, but it did not come from computing.
// Only of kinds that read no model: there a tag is plain arithmetic over the inputs, without a device that could have erred. The inputs are
// named by the unit: who checks the proof has them, or fetches them.
import * as v from 'valibot'
import { decodeCanonicalJson, encodeCanonicalJson } from '#core/canonical-json.ts'
import { type Digest, digestOf } from '#core/digest.ts'
import { digestSchema, parseAs } from '#core/schema.ts'
import { type ModelCache, referenceModels } from '#model/model-cache.ts'
import type { Kind } from '#work/kind.ts'
import { leaseId, leaseSchema } from '#work/lease.ts'
import { type Unit, unitId, unitSchema } from '#work/unit.ts'
import { closeSchema } from './close.ts'
import { type Authority, type Evidence, evidenceOutcomes } from './commit.ts'
import { commitmentSchema, possessionKey } from './commitment.ts'
import { type FaultMeans, MissingFileError } from './fault-proof.ts'
import { inputLeavesOutcomes, unitInputs } from './recompute.ts'
import { revealSchema } from './reveal.ts'
import { type Outcome, type Verdict, outcome, verdictOfAsync } from './verdict.ts'
import { kindOrReason } from './verify-certificate.ts'

/** Format of the text form. */
export const FALSE_TAG_FORMAT = 'commonwatt/false-tag/v1'

/** Longest text: a unit with its inputs by id and four messages are under 32 KiB. */
export const MAX_FALSE_TAG_BYTES = 64 * 1024

/** The unit, what the node signed, and the tag that computing gives. */
export type FalseTagProof = Evidence & {
  readonly format: typeof FALSE_TAG_FORMAT
  readonly unit: Unit
  readonly expected: Digest
}

/** A proof as it comes from elsewhere. */
const falseTagSchema: v.GenericSchema<unknown, FalseTagProof> = v.strictObject({
  format: v.literal(FALSE_TAG_FORMAT),
  unit: unitSchema,
  lease: leaseSchema,
  commitment: commitmentSchema,
  close: closeSchema,
  reveal: revealSchema,
  expected: digestSchema,
})

/** Whether a wrong tag of such a unit convicts: the kind is exact, and computes its tags from the inputs alone. */
export function hasProvableTag(kind: Kind, unit: Unit): boolean {
  return kind.comparison(unit) === 'exact' && (kind.files?.(unit) ?? []).length === 0
}

/** The proof that `evidence` reveals another tag than `expected`. */
export function makeFalseTag(
  { lease, commitment, close, reveal }: Evidence,
  unit: Unit,
  expected: Digest,
): FalseTagProof {
  return { format: FALSE_TAG_FORMAT, unit, lease, commitment, close, reveal, expected }
}

/** Whether the revealed tag is false. Throws {@link MissingFileError} when there is nowhere to read the inputs. */
export function verifyFalseTag(proof: FalseTagProof, authority: Authority, means: FaultMeans = {}): Promise<Verdict> {
  return verdictOfAsync(tagOutcomes(proof, authority, means))
}

/** Identity of a proof, which a `fault` entry of the log names. */
export function falseTagId(proof: FalseTagProof): Digest {
  return digestOf('false-tag', proof)
}

/** The canonical text of a proof. */
export function encodeFalseTag(proof: FalseTagProof): Uint8Array<ArrayBuffer> {
  return encodeCanonicalJson(proof)
}

/** The proof of a canonical text. Throws a CanonicalJsonError or SchemaError on anything else. */
export function decodeFalseTag(bytes: Uint8Array): FalseTagProof {
  const value = decodeCanonicalJson(bytes, { maxBytes: MAX_FALSE_TAG_BYTES, maxDepth: 16 })
  return parseAs(falseTagSchema, value, 'false tag')
}

async function* tagOutcomes(
  proof: FalseTagProof,
  authority: Authority,
  { contents, models = referenceModels() }: FaultMeans & { readonly models?: ModelCache | undefined },
): AsyncGenerator<Outcome> {
  const { unit, lease, reveal, expected } = proof
  const kind = kindOrReason(unit)
  if (typeof kind === 'string') return yield outcome('unit', false, kind)
  yield outcome('unit', unitId(unit) === lease.body.unit, 'The unit is not the one that was leased.')
  yield outcome('unit', hasProvableTag(kind, unit), 'A tag of this kind may be wrong because a device was.')
  yield* evidenceOutcomes(proof, authority)
  const [first] = unit.inputs
  if (contents === undefined && first !== undefined) throw new MissingFileError(first.id)
  if (contents === undefined) return yield outcome('input', false, 'The unit has no inputs.')
  const known = new Map<Digest, readonly Digest[]>()
  yield* inputLeavesOutcomes(unit.inputs, contents, known)
  const tag = await kind.possession(
    unit,
    await unitInputs(unit, kind, contents, known),
    possessionKey(leaseId(lease)),
    models,
  )
  yield outcome('recompute', tag === expected, `The inputs give the tag ${tag}, not ${expected}.`)
  yield outcome('fault', tag !== reveal.body.tag, 'The tag that was revealed is that of the inputs: there is no fault.')
}
