// Computing a certified unit again from its inputs, whose bytes are checked against their ids first: by the portable reference, or by
// any backend that the auditor trusts.
import type { ByteSource } from '#core/byte-source.ts'
import type { ContentRef } from '#core/content.ts'
import type { Digest } from '#core/digest.ts'
import { leafDigest } from '#core/merkle.ts'
import { type ModelCache, referenceModels } from '#model/model-cache.ts'
import type { Backend } from '#tensor/backend.ts'
import { type Kind, type UnitInputs, inputsFrom, partKey } from '#work/kind.ts'
import { leaseId } from '#work/lease.ts'
import type { Unit } from '#work/unit.ts'
import type { Certificate } from './certificate.ts'
import { possessionKey } from './commitment.ts'
import { type PartSource, contentFile, namedLeaves, namedPart } from './content-file.ts'
import { CheckFailedError, type Outcome, outcome } from './verdict.ts'
import { kindOrReason } from './verify-certificate.ts'

/** How to recompute. */
export type RecomputeOptions = {
  /** For kinds over arrays; the portable reference when omitted. */
  readonly backend?: Backend
  /** Where language models run; on the reference backend when omitted. */
  readonly models?: ModelCache
  readonly signal?: AbortSignal
  /** Called after every part that was checked. */
  readonly onPart?: () => void | Promise<void>
}

/** Input leaves that were checked against the inputs' ids, by content id. */
export type InputLeaves = ReadonlyMap<Digest, readonly Digest[]>

/** Fetches the leaves of `contents` into `known`, each checked against its id. */
export async function* inputLeavesOutcomes(
  contents: readonly ContentRef[],
  source: PartSource,
  known: Map<Digest, readonly Digest[]>,
): AsyncGenerator<Outcome> {
  for (const content of contents) {
    if (known.has(content.id)) continue
    known.set(content.id, await namedLeaves(content, source))
    yield outcome('input', true, '')
  }
}

/**
 * Recomputes a unit: first the replicas' possession tags, then every part. `resultPart` gives the certified bytes of a part, which
 * only tolerant kinds need.
 */
export async function* recomputeOutcomes(
  certificate: Certificate,
  source: PartSource,
  inputLeaves: InputLeaves,
  resultPart: (unitPart: number) => Promise<Uint8Array>,
  options: RecomputeOptions,
): AsyncGenerator<Outcome> {
  const { unit, leaves, replicas } = certificate.body
  const kind = kindOrReason(unit)
  if (typeof kind === 'string') return yield outcome('unit', false, kind)
  const inputs = await unitInputs(unit, kind, source, inputLeaves)
  yield outcome('input', true, '')
  const { models = referenceModels() } = options
  for (const { lease, reveal } of replicas) {
    const tag = await kind.possession(unit, inputs, possessionKey(leaseId(lease)), models)
    yield outcome('possession', tag === reveal.body.tag, `The possession tag of node ${lease.body.node} is wrong.`)
  }
  if (kind.check !== undefined)
    return yield* checkOutcomes(certificate, kind, inputs, resultPart, { ...options, models })
  const isExact = kind.comparison(unit) === 'exact'
  for await (const [index, bytes] of computedParts(certificate, kind, inputs, { ...options, models })) {
    options.signal?.throwIfAborted()
    const isSame = isExact
      ? leafDigest(bytes) === leaves[index]
      : kind.agree(unit, inputs, index, bytes, await certifiedPart(resultPart, index, leaves))
    yield outcome('recompute', isSame, `Part ${index} of unit ${kind.describe(unit)} comes out differently.`)
    await options.onPart?.()
  }
}

/** Of kinds that can tell from the result itself: it is fetched, and every part of it must be the certified one and right. */
async function* checkOutcomes(
  { body: { unit, leaves } }: Certificate,
  kind: Kind,
  inputs: UnitInputs,
  resultPart: (unitPart: number) => Promise<Uint8Array>,
  { models, signal, onPart }: RecomputeOptions & { readonly models: ModelCache },
): AsyncGenerator<Outcome> {
  const result = await Promise.all(leaves.map((_, index) => certifiedPart(resultPart, index, leaves)))
  const wrong = await kind.check?.(unit, inputs, result, models, signal === undefined ? {} : { signal })
  for (const index of leaves.keys()) {
    yield outcome('recompute', wrong !== index, `Part ${index} of unit ${kind.describe(unit)} comes out differently.`)
    await onPart?.()
  }
}

/** The unit's needs, checked, and its files, which are checked as they are read. */
export async function unitInputs(
  unit: Unit,
  kind: Kind,
  source: PartSource,
  inputLeaves: InputLeaves,
): Promise<UnitInputs> {
  const contentAt = (input: number) => {
    const content = unit.inputs[input]
    if (content === undefined) throw new CheckFailedError('input', `There is no input ${input}.`)
    return { content, leaves: inputLeaves.get(content.id) ?? [] }
  }
  const parts = new Map<string, Uint8Array<ArrayBuffer>>()
  for (const need of kind.needs(unit)) {
    const { content, leaves } = contentAt(need.input)
    for (const index of need.parts)
      parts.set(partKey(need.input, index), await namedPart(content, index, leaves, source))
  }
  const files = new Map<number, ByteSource>()
  for (const input of kind.files?.(unit) ?? []) {
    const { content, leaves } = contentAt(input)
    files.set(input, contentFile(content, leaves, source))
  }
  return inputsFrom(parts, files)
}

async function* computedParts(
  certificate: Certificate,
  kind: Kind,
  inputs: UnitInputs,
  { backend, models, signal }: RecomputeOptions & { readonly models: ModelCache },
): AsyncGenerator<[number, Uint8Array<ArrayBuffer>]> {
  const { unit, leaves } = certificate.body
  if (backend !== undefined) {
    yield* (await kind.run(unit, inputs, { backend, models }, signal === undefined ? {} : { signal })).entries()
    return
  }
  for (let index = 0; index < leaves.length; index++) yield [index, await kind.recompute(unit, inputs, index, models)]
}

async function certifiedPart(
  resultPart: (unitPart: number) => Promise<Uint8Array>,
  index: number,
  leaves: readonly Digest[],
): Promise<Uint8Array> {
  const bytes = await resultPart(index)
  // Bytes that are not the certified ones agree with nothing.
  return leafDigest(bytes) === leaves[index] ? bytes : new Uint8Array(0)
}
