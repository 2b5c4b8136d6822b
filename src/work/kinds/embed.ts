// The kind `embed`: texts turned into vectors by an exact language model. One unit, a batch of texts, whose result holds a vector a text and
// the digest of every position (embed/result.ts). Checking is computing again: a batch is one prefill already.
import { concat, equals, fromHex } from '#core/bytes.ts'
import { partCount } from '#core/content.ts'
import { DIGEST_BYTES, type Digest, digestOf } from '#core/digest.ts'
import { randomInt, seededRandom } from '#core/random.ts'
import { type Embedded, embedTexts } from '#model/embed.ts'
import { readModelHeader } from '#model/exact-file.ts'
import { prefillLeaves } from '#model/generate.ts'
import type { LoadedModel, ModelCache } from '#model/model-cache.ts'
import type { OperationOptions } from '#tensor/backend.ts'
import type { Kind, PartNeed, UnitInputs } from '#work/kind.ts'
import { allParts, inputBytes } from '#work/model-input.ts'
import { type Unit, unitId } from '#work/unit.ts'
import { type EmbeddedTexts, parseVectors, resultParts } from './embed/result.ts'
import { EmbedError, embedParamsOf, layoutOf, operationsOf, parseBatch } from './embed/task.ts'

const MODEL = 0
const BATCH = 1

/** Vectors of texts by an exact language model. */
export const embed: Kind = {
  name: 'embed',
  version: 1,
  kernels: 'language',

  describe(unit) {
    const { texts, tokens } = embedParamsOf(unit)
    return `Turned ${texts} ${texts === 1 ? 'text' : 'texts'} of ${tokens} tokens into vectors`
  },

  assertJob(task) {
    embedParamsOf(task)
  },

  assertUnit(unit) {
    embedParamsOf(unit)
  },

  async assertInputs(task, open) {
    const { shape } = await readModelHeader(open(MODEL))
    const batch = open(BATCH)
    parseBatch(embedParamsOf(task), await batch.read(0, batch.sizeBytes), shape)
  },

  comparison: () => 'exact',

  split(task) {
    embedParamsOf(task)
    return [{ kind: embed.name, version: embed.version, inputs: task.inputs, params: task.params }]
  },

  operations: (unit) => operationsOf(embedParamsOf(unit)),
  resultLayout: (unit) => layoutOf(embedParamsOf(unit)),
  needs: batchParts,
  files: () => [MODEL],
  run: (unit, inputs, { models }, options) => compute(unit, inputs, models, options),

  /** A leaf of one position of one text: whoever has embedded the batch knows it, others prefill that text up to it. */
  async possession(unit, inputs, key, models) {
    const random = seededRandom(fromHex(key, DIGEST_BYTES))
    const index = randomInt(random, embedParamsOf(unit).tokens)
    const known = knownLeaves.get(inputs)
    const { text, position, leaves } =
      known === undefined ? await prefilledLeaves(unit, inputs, models, index) : leavesAt(known, index)
    const boundary = randomInt(random, leaves.length)
    const leaf = leaves[boundary] ?? ''
    return digestOf('possession', { unit: unitId(unit), key, text, position, boundary, leaf })
  },

  partNeeds: batchParts,

  async recompute(unit, inputs, index, models) {
    const part = (await compute(unit, inputs, models))[index]
    if (part === undefined) throw new RangeError(`Part ${index} is outside the result.`)
    return part
  },

  async check(unit, inputs, result, models, options) {
    const right = await compute(unit, inputs, models, options)
    const wrong = right.findIndex((part, i) => !equals(part, result[i] ?? new Uint8Array(0)))
    return wrong === -1 ? null : wrong
  },

  /** One text; which one is not known before, so each is worth the same. */
  auditPlan(unit) {
    return { method: 'part', operations: embed.operations(unit) / BigInt(embedParamsOf(unit).texts) }
  },

  async audit(unit, inputs, result, random, models, options) {
    const params = embedParamsOf(unit)
    const claimed = claimOf(() => parseVectors(params, concat(...result)))
    if (claimed === null) return 0
    return withModel(unit, inputs, models, async ({ device, finalNorm, id }, texts) => {
      const names = { unit: unitId(unit), model: id }
      const text = randomInt(random, texts.length)
      const [right] = await embedTexts(device, finalNorm, texts.slice(text, text + 1), options ?? {})
      if (right === undefined) throw new RangeError(`The batch has no text ${text}.`)
      // The result with that one text as it should be, and the header that commits to all positions: equal parts are right as far as this text goes.
      const wanted = resultParts(params, withText(claimed, texts, text, right), names)
      const wrong = wanted.findIndex((part, at) => !equals(part, result[at] ?? new Uint8Array(0)))
      return wrong === -1 ? null : wrong
    })
  },

  agree: (_unit, _inputs, _index, a, b) => equals(a, b),
  jobLayout: (task) => layoutOf(embedParamsOf(task)),

  placements(task) {
    const parts = partCount(layoutOf(embedParamsOf(task)))
    return Array.from({ length: parts }, (_, part) => ({ unitPart: part, jobPart: part }))
  },
}

function compute(
  unit: Unit,
  inputs: UnitInputs,
  models: ModelCache,
  options: OperationOptions = {},
): Promise<Uint8Array<ArrayBuffer>[]> {
  return withModel(unit, inputs, models, async ({ device, finalNorm, id }, texts) => {
    const embedded = await embedTexts(device, finalNorm, texts, options)
    knownLeaves.set(
      inputs,
      embedded.map(({ leaves }) => leaves),
    )
    return resultParts(embedParamsOf(unit), embedded, { unit: unitId(unit), model: id })
  })
}

/** Leaves of every position, text by text, as long as the inputs of the computation that told them are kept. */
const knownLeaves = new WeakMap<UnitInputs, readonly (readonly (readonly Digest[])[])[]>()

/** A position of a text, and its boundary leaves. */
type PositionLeaves = { readonly text: number; readonly position: number; readonly leaves: readonly Digest[] }

function leavesAt(known: readonly (readonly (readonly Digest[])[])[], index: number): PositionLeaves {
  const { text, position } = placeOf(known, index)
  return { text, position, leaves: known[text]?.[position] ?? [] }
}

function prefilledLeaves(unit: Unit, inputs: UnitInputs, models: ModelCache, index: number): Promise<PositionLeaves> {
  return withModel(unit, inputs, models, async ({ device }, texts) => {
    const { text, position } = placeOf(texts, index)
    const leaves = (await prefillLeaves(device, texts[text]?.slice(0, position + 1) ?? [])).at(-1) ?? []
    return { text, position, leaves }
  })
}

/** All texts as they are claimed, but for one. */
function withText(
  { vectors, positions }: EmbeddedTexts,
  texts: readonly (readonly number[])[],
  text: number,
  right: Embedded,
): Pick<Embedded, 'vector' | 'positions'>[] {
  let at = 0
  return texts.map(({ length }, index) => {
    const own = positions.slice(at, (at += length))
    return index === text ? right : { vector: vectors[index] ?? new Int16Array(0), positions: own }
  })
}

function claimOf<T>(parse: () => T): T | null {
  try {
    return parse()
  } catch (error) {
    if (error instanceof EmbedError) return null
    throw error
  }
}

/** Runs `work` on the unit's model and texts. Throws {@link EmbedError} when they do not fit the unit. */
function withModel<T>(
  unit: Unit,
  inputs: UnitInputs,
  models: ModelCache,
  work: (model: LoadedModel, texts: number[][]) => Promise<T>,
): Promise<T> {
  const [model, batch] = unit.inputs
  if (model === undefined || batch === undefined) throw new EmbedError('it has no model and batch')
  return models.use(model.id, inputs.file(MODEL), async (loaded) =>
    work(loaded, parseBatch(embedParamsOf(unit), inputBytes(inputs, BATCH, batch.layout), loaded.device.shape)),
  )
}

/** The text and the position in it of token `index` of a batch. */
function placeOf(texts: readonly { readonly length: number }[], index: number): { text: number; position: number } {
  let position = index
  for (const [text, { length }] of texts.entries()) {
    if (position < length) return { text, position }
    position -= length
  }
  throw new RangeError(`The batch has no token ${index}.`)
}

function batchParts({ inputs }: Unit): PartNeed[] {
  const batch = inputs[BATCH]
  return batch === undefined ? [] : [allParts(BATCH, batch.layout)]
}
