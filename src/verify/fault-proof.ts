// A fault proof shows, to anyone who knows the network's genesis, that a node revealed a wrong part of an exact result: the signed chain
// from lease to reveal, the part's place under the revealed root, and the input bytes it must be computed from. It needs nobody's word.
// Files that the kind reads, models, are named by content id and root: who checks the proof has them or fetches them.
import * as v from 'valibot'
import type { ByteSource } from '#core/byte-source.ts'
import { fromBase64url, toBase64url } from '#core/bytes.ts'
import { CHUNK_BYTES, TILE, contentIdFromRoot, partCount, partSpan } from '#core/content.ts'
import { type Digest, digestOf } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import { leafDigest, merkleProof, merkleProofs, merkleRoot, verifyMerkleProof } from '#core/merkle.ts'
import { digestSchema, parseAs, proofSchema, textSchema, uintSchema } from '#core/schema.ts'
import { type ModelCache, referenceModels } from '#model/model-cache.ts'
import { MAX_INPUTS } from '#work/job.ts'
import { type Kind, type UnitInputs, inputsFrom, partKey } from '#work/kind.ts'
import { kindOf } from '#work/kinds.ts'
import { leaseSchema } from '#work/lease.ts'
import { type Unit, unitId, unitSchema } from '#work/unit.ts'
import { decodeCanonicalJson, encodeCanonicalJson } from '#core/canonical-json.ts'
import { closeSchema } from './close.ts'
import { type Authority, type Evidence, evidenceOutcomes } from './commit.ts'
import { commitmentSchema } from './commitment.ts'
import { type PartSource, contentFile, namedLeaves } from './content-file.ts'
import { revealSchema } from './reveal.ts'
import { type Outcome, type Verdict, outcome, verdictOfAsync } from './verdict.ts'

/** Format of the text form; the first thing a reader checks. */
export const FAULT_PROOF_FORMAT = 'commonwatt/fault-proof/v2'

/** Longest text of a fault proof: both operands of one tile at the longest inner dimension are 90 MB in base64. */
export const MAX_FAULT_PROOF_BYTES = 128 * 2 ** 20

/** Parts that one part of a result may depend on: 512 tiles of either operand, doubled for kinds to come. */
export const MAX_FAULT_INPUT_PARTS = 2048

/** Base64 of the largest part. */
const MAX_PART_TEXT = Math.ceil((Math.max(CHUNK_BYTES, 4 * TILE * TILE) * 4) / 3)

/** A part of an input with its bytes in base64url and its path to the input's root. */
type FaultInputPart = { readonly part: number; readonly path: readonly Digest[]; readonly bytes: string }

/** Parts of one input and the Merkle root from which, with its layout, the input's id follows. */
type FaultInput = { readonly input: number; readonly root: Digest; readonly parts: readonly FaultInputPart[] }

/** A file that the part is computed from, by the Merkle root from which, with its layout, its id follows. */
type FaultFile = { readonly input: number; readonly root: Digest }

/** Evidence that a node revealed a wrong part. `expected` is the part's leaf by the portable reference. */
export type FaultProof = Evidence & {
  readonly format: typeof FAULT_PROOF_FORMAT
  readonly unit: Unit
  readonly part: { readonly index: number; readonly leaf: Digest; readonly path: readonly Digest[] }
  readonly expected: Digest
  readonly inputs: readonly FaultInput[]
  readonly files: readonly FaultFile[]
}

/** A fault proof as it comes from elsewhere. */
export const faultProofSchema: v.GenericSchema<unknown, FaultProof> = v.strictObject({
  format: v.literal(FAULT_PROOF_FORMAT),
  unit: unitSchema,
  lease: leaseSchema,
  commitment: commitmentSchema,
  close: closeSchema,
  reveal: revealSchema,
  part: v.strictObject({ index: uintSchema(), leaf: digestSchema, path: proofSchema }),
  expected: digestSchema,
  inputs: v.pipe(
    v.array(
      v.strictObject({
        input: uintSchema(MAX_INPUTS - 1),
        root: digestSchema,
        parts: v.pipe(
          v.array(v.strictObject({ part: uintSchema(), path: proofSchema, bytes: textSchema(MAX_PART_TEXT) })),
          v.maxLength(MAX_FAULT_INPUT_PARTS),
        ),
      }),
    ),
    v.maxLength(MAX_INPUTS),
  ),
  files: v.pipe(
    v.array(v.strictObject({ input: uintSchema(MAX_INPUTS - 1), root: digestSchema })),
    v.maxLength(MAX_INPUTS),
  ),
})

/** What a fault proof is made from: `leaves` as the node gave them, `inputLeaves` those of each input, `expected` by the reference. */
export type FaultCase = {
  readonly kind: Kind
  readonly unit: Unit
  readonly evidence: Evidence
  readonly leaves: readonly Digest[]
  readonly part: number
  readonly expected: Digest
  readonly inputs: UnitInputs
  readonly inputLeaves: readonly (readonly Digest[])[]
}

/** The proof of a fault. Throws {@link NoFaultError} when the part is right or its kind cannot prove one. */
export function makeFaultProof(fault: FaultCase): FaultProof {
  const { kind, unit, evidence, leaves, part } = fault
  if (kind.comparison(unit) !== 'exact') throw new NoFaultError('results of this kind are compared by bounds')
  const leaf = leaves[part]
  if (leaf === undefined || leaf === fault.expected) throw new NoFaultError(`part ${part} is right or missing`)
  const { lease, commitment, close, reveal } = evidence
  return {
    format: FAULT_PROOF_FORMAT,
    unit,
    lease,
    commitment,
    close,
    reveal,
    part: { index: part, leaf, path: merkleProof(leaves, part) },
    expected: fault.expected,
    inputs: kind.partNeeds(unit, part).map(({ input, parts }) => {
      const own = fault.inputLeaves[input] ?? []
      const paths = merkleProofs(own, parts)
      return {
        input,
        root: merkleRoot(own),
        parts: parts.map((number, at) => ({
          part: number,
          path: paths[at] ?? [],
          bytes: toBase64url(fault.inputs.part(input, number)),
        })),
      }
    }),
    files: filesOf(kind, unit).map((input) => ({ input, root: merkleRoot(fault.inputLeaves[input] ?? []) })),
  }
}

/** What a verifier has at hand. */
export type FaultMeans = {
  /** Where language models run; the reference backend when omitted. */
  readonly models?: ModelCache | undefined
  /** Where the files are that a proof names; checked as they are read. */
  readonly contents?: PartSource | undefined
}

/**
 * Whether `proof` shows a fault. Recomputes one part, milliseconds to seconds, or a whole text. Throws {@link MissingFileError} when the
 * proof names a file and `contents` is not given.
 */
export function verifyFaultProof(proof: FaultProof, authority: Authority, means: FaultMeans = {}): Promise<Verdict> {
  return verdictOfAsync(faultOutcomes(proof, authority, means))
}

/** Identity of a fault proof, which a `fault` entry of the log names: input bytes count by their leaf digests. */
export function faultProofId(proof: FaultProof): Digest {
  const inputs = proof.inputs.map(({ input, root, parts }) => ({
    input,
    root,
    parts: parts.map(({ part, bytes }) => ({ part, leaf: leafDigest(fromBase64url(bytes)) })),
  }))
  return digestOf('fault-proof', { ...proof, inputs })
}

/** The canonical text of a fault proof. */
export function encodeFaultProof(proof: FaultProof): Uint8Array<ArrayBuffer> {
  return encodeCanonicalJson(proof)
}

/** The fault proof of a canonical text. Throws a CanonicalJsonError or SchemaError on anything else. */
export function decodeFaultProof(bytes: Uint8Array): FaultProof {
  const value = decodeCanonicalJson(bytes, { maxBytes: MAX_FAULT_PROOF_BYTES, maxDepth: 16 })
  return parseAs(faultProofSchema, value, 'fault proof')
}

async function* faultOutcomes(
  proof: FaultProof,
  authority: Authority,
  { models = referenceModels(), contents }: FaultMeans,
): AsyncGenerator<Outcome> {
  const { unit, lease, reveal, part } = proof
  const kind = exactKindOf(unit)
  if (typeof kind === 'string') return yield outcome('unit', false, kind)
  yield outcome('unit', unitId(unit) === lease.body.unit, 'The unit is not the one that was leased.')
  yield* evidenceOutcomes(proof, authority)
  const count = partCount(kind.resultLayout(unit))
  const isUnderRoot = verifyMerkleProof(part.leaf, part.index, count, part.path, reveal.body.root)
  yield outcome('root', isUnderRoot, `Part ${part.index} is not under the root that node ${lease.body.node} revealed.`)
  const parts = new Map<string, Uint8Array<ArrayBuffer>>()
  yield* inputOutcomes(proof, kind, parts)
  const files = new Map<number, ByteSource>()
  yield* fileOutcomes(proof, kind, contents, files)
  const truth = leafDigest(await kind.recompute(unit, inputsFrom(parts, files), part.index, models))
  yield outcome('recompute', truth === proof.expected, `The reference gives ${truth}, not ${proof.expected}.`)
  yield outcome('fault', truth !== part.leaf, `Part ${part.index} is what the reference computes: there is no fault.`)
}

/** Checks that exactly the needed parts are there and proven; collects their bytes into `parts`. */
function* inputOutcomes(
  { unit, part, inputs }: FaultProof,
  kind: Kind,
  parts: Map<string, Uint8Array<ArrayBuffer>>,
): Generator<Outcome> {
  const needs = kind.partNeeds(unit, part.index)
  yield outcome('input', needs.length === inputs.length, `The proof has ${inputs.length} inputs, not ${needs.length}.`)
  for (const [at, need] of needs.entries()) {
    const given = inputs[at]
    const content = unit.inputs[need.input]
    if (given === undefined || content === undefined || given.input !== need.input)
      return yield outcome('input', false, `Input ${need.input} is missing.`)
    const isNamed = contentIdFromRoot(content.layout, given.root) === content.id
    yield outcome('input', isNamed, `Input ${need.input} has another root.`)
    const isComplete =
      given.parts.length === need.parts.length && given.parts.every((own, i) => own.part === need.parts[i])
    yield outcome('input', isComplete, `Input ${need.input} does not have exactly the parts that are needed.`)
    const count = partCount(content.layout)
    for (const own of given.parts) {
      const bytes = bytesOrNull(own.bytes)
      const isProven =
        bytes !== null &&
        bytes.length === partSpan(content.layout, own.part).length &&
        verifyMerkleProof(leafDigest(bytes), own.part, count, own.path, given.root)
      yield outcome('input', isProven, `Part ${own.part} of input ${need.input} is not proven.`)
      if (bytes !== null) parts.set(partKey(need.input, own.part), bytes)
    }
  }
}

/** Checks that exactly the kind's files are named; opens them into `opened`. */
async function* fileOutcomes(
  { unit, files }: FaultProof,
  kind: Kind,
  contents: PartSource | undefined,
  opened: Map<number, ByteSource>,
): AsyncGenerator<Outcome> {
  const wanted = filesOf(kind, unit)
  const isComplete = wanted.length === files.length && files.every(({ input }, i) => input === wanted[i])
  yield outcome('input', isComplete, 'The proof does not name exactly the files that are needed.')
  for (const { input, root } of files) {
    const content = unit.inputs[input]
    if (content === undefined) return yield outcome('input', false, `Input ${input} is missing.`)
    const isNamed = contentIdFromRoot(content.layout, root) === content.id
    yield outcome('input', isNamed, `Input ${input} has another root.`)
    if (contents === undefined) throw new MissingFileError(content.id)
    opened.set(input, contentFile(content, await namedLeaves(content, contents), contents))
  }
}

function filesOf(kind: Kind, unit: Unit): readonly number[] {
  return kind.files?.(unit) ?? []
}

function exactKindOf(unit: Unit): Kind | string {
  try {
    const kind = kindOf(unit.kind, unit.version)
    kind.assertUnit(unit)
    return kind.comparison(unit) === 'exact' ? kind : 'Results of this kind are compared by bounds.'
  } catch (error) {
    if (error instanceof AppError) return error.message
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

/** A fault proof was asked for where there is no fault to prove. */
export class NoFaultError extends AppError {
  override readonly name = 'verify.NoFault'
  constructor(problem: string) {
    super('bug', `There is no fault to prove: ${problem}.`)
  }
}

/** A proof can only be checked with a content that it names. */
export class MissingFileError extends AppError {
  override readonly name = 'verify.MissingFile'
  readonly id: Digest
  constructor(id: Digest) {
    super('input', `Checking this needs the content ${id}: give the model's file, or a coordinator that has it.`)
    this.id = id
  }
}
