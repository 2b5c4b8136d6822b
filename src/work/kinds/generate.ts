// The kind `generate`: a prompt of tokens continued by an exact language model. One unit, whose result holds the tokens and the digest of
// every position (generate/result.ts). Checking takes one prefill over prompt and text, whose logits equal those of generating bit for bit.
import { concat, equals, fromHex } from '#core/bytes.ts'
import { partCount } from '#core/content.ts'
import { DIGEST_BYTES, type Digest, digestOf } from '#core/digest.ts'
import { randomInt, seededRandom } from '#core/random.ts'
import { readModelHeader } from '#model/exact-file.ts'
import { cacheCapacity, generate as generateText, openConversation, prefillLeaves } from '#model/generate.ts'
import type { LoadedModel, ModelCache } from '#model/model-cache.ts'
import type { ComputeOptions, Kind, PartNeed, UnitInputs } from '#work/kind.ts'
import { allParts, inputBytes } from '#work/model-input.ts'
import { type Unit, unitId } from '#work/unit.ts'
import { checkText } from './generate/check.ts'
import { parseResult, resultParts } from './generate/result.ts'
import { stopDetector } from './generate/stops.ts'
import {
  GenerateError,
  TOKEN_BYTES,
  assertFits,
  generationOf,
  layoutOf,
  operationsOf,
  positionsOf,
  promptTokens,
  tokenBytes,
} from './generate/task.ts'

const MODEL = 0
const PROMPT = 1

/** Text by an exact language model. */
export const generate: Kind = {
  name: 'generate',
  version: 2,
  kernels: 'language',

  describe(unit) {
    const { promptLength, maxTokens } = generationOf(unit)
    return `Wrote up to ${maxTokens} tokens after a prompt of ${promptLength}`
  },

  assertJob(task) {
    generationOf(task)
  },

  assertUnit(unit) {
    generationOf(unit)
  },

  async assertInputs(task, open) {
    const generation = generationOf(task)
    const { shape } = await readModelHeader(open(MODEL))
    assertFits(generation, shape)
    const prompt = open(PROMPT)
    promptTokens(await prompt.read(0, prompt.sizeBytes), shape.vocabulary)
  },

  comparison: () => 'exact',

  split(task) {
    generationOf(task)
    return [{ kind: generate.name, version: generate.version, inputs: task.inputs, params: task.params }]
  },

  operations: (unit) => operationsOf(generationOf(unit)),
  resultLayout: (unit) => layoutOf(generationOf(unit)),
  needs: promptParts,
  files: () => [MODEL],

  run(unit, inputs, { models }, options) {
    return write(unit, inputs, models, options)
  },

  progress: {
    maxBytes: (unit) => TOKEN_BYTES * generationOf(unit).maxTokens,
    of: (unit, result) => tokenBytes(parseResult(generationOf(unit), concat(...result)).tokens),
  },

  async possession(unit, inputs, key, models) {
    const leaves = await promptLeaves(unit, inputs, models)
    const random = seededRandom(fromHex(key, DIGEST_BYTES))
    const position = randomInt(random, leaves.length)
    const boundary = randomInt(random, leaves[position]?.length ?? 0)
    const leaf = leaves[position]?.[boundary] ?? ''
    return digestOf('possession', { unit: unitId(unit), key, position, boundary, leaf })
  },

  partNeeds: promptParts,

  async recompute(unit, inputs, index, models) {
    const part = (await write(unit, inputs, models))[index]
    if (part === undefined) throw new RangeError(`Part ${index} is outside the result.`)
    return part
  },

  async check(unit, inputs, result, models, options) {
    const generation = generationOf(unit)
    return withModel(unit, inputs, models, async (model, prompt) => {
      const claimed = claimOf(() => parseResult(generation, concat(...result)))
      if (claimed === null) return 0
      const positions = await checkText({ model, prompt, generation, claimed }, options?.signal)
      if (positions === null) return 0
      const right = resultParts(generation, { ...claimed, positions }, namesOf(unit))
      const wrong = right.findIndex((part, i) => !equals(part, result[i] ?? new Uint8Array(0)))
      return wrong === -1 ? null : wrong
    })
  },

  // A prefill takes the operations of generating; it is cheaper because it reads the weights once.
  auditPlan: (unit) => ({ method: 'prefill', operations: generate.operations(unit) }),

  async audit(unit, inputs, result, _random, models, options) {
    return (await generate.check?.(unit, inputs, result, models, options)) ?? null
  },

  agree: (_unit, _inputs, _index, a, b) => equals(a, b),
  jobLayout: (task) => layoutOf(generationOf(task)),

  placements(task) {
    const parts = partCount(layoutOf(generationOf(task)))
    return Array.from({ length: parts }, (_, part) => ({ unitPart: part, jobPart: part }))
  },
}

function write(
  unit: Unit,
  inputs: UnitInputs,
  models: ModelCache,
  { onProgress, signal }: ComputeOptions = {},
): Promise<Uint8Array<ArrayBuffer>[]> {
  const generation = generationOf(unit)
  return withModel(unit, inputs, models, async ({ card, device }, prompt) => {
    const { maxTokens, sampling, stops } = generation
    const isStop = await stopDetector(card, stops)
    const onToken = (token: number) => {
      onProgress?.(tokenBytes([token]))
      return isStop(token)
    }
    const leaves: (readonly Digest[])[] = []
    const onLeaves = (fed: readonly (readonly Digest[])[]) => {
      if (leaves.length < prompt.length) leaves.push(...fed)
    }
    const conversation = openConversation(device, cacheCapacity(device.shape, positionsOf(generation)))
    try {
      const endTokens = new Set(card.endTokens)
      const options = { onToken, onLeaves, ...(signal === undefined ? {} : { signal }) }
      const request = { prompt, maxTokens, sampling, endTokens, ...options }
      const generated = await generateText(device, conversation, request)
      knownLeaves.set(inputs, Promise.resolve(leaves))
      return resultParts(generation, generated, namesOf(unit))
    } finally {
      conversation.cache.close()
    }
  })
}

/** Runs `work` on the unit's model and prompt. Throws {@link GenerateError} when they do not fit the unit. */
function withModel<T>(
  unit: Unit,
  inputs: UnitInputs,
  models: ModelCache,
  work: (model: LoadedModel, prompt: number[]) => Promise<T>,
): Promise<T> {
  const [model, prompt] = unit.inputs
  if (model === undefined || prompt === undefined) throw new GenerateError('it has no model and prompt')
  return models.use(model.id, inputs.file(MODEL), async (loaded) => {
    assertFits(generationOf(unit), loaded.device.shape)
    return work(loaded, promptTokens(inputBytes(inputs, PROMPT, prompt.layout), loaded.device.shape.vocabulary))
  })
}

/**
 * Every leaf of the prompt, as whoever generates learns it on the way; others prefill the prompt. A node is asked for one leaf for itself and one for
 * each peer.
 */
const knownLeaves = new WeakMap<UnitInputs, Promise<(readonly Digest[])[]>>()

function promptLeaves(unit: Unit, inputs: UnitInputs, models: ModelCache): Promise<(readonly Digest[])[]> {
  const known = knownLeaves.get(inputs)
  if (known !== undefined) return known
  const leaves = withModel(unit, inputs, models, ({ device }, prompt) => prefillLeaves(device, prompt))
  knownLeaves.set(inputs, leaves)
  leaves.catch(() => knownLeaves.delete(inputs))
  return leaves
}

function promptParts({ inputs }: Unit): PartNeed[] {
  const prompt = inputs[PROMPT]
  return prompt === undefined ? [] : [allParts(PROMPT, prompt.layout)]
}

function namesOf(unit: Unit): { unit: Digest; model: Digest } {
  const [model] = unit.inputs
  if (model === undefined) throw new GenerateError('it has no model')
  return { unit: unitId(unit), model: model.id }
}

function claimOf<T>(parse: () => T): T | null {
  try {
    return parse()
  } catch (error) {
    if (error instanceof GenerateError) return null
    throw error
  }
}
