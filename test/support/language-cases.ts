// Language models and steps that a backend must answer as the reference does, to be compared by digest where outputs cannot travel.
import { sha256 } from '@noble/hashes/sha2.js'
import { toHex, utf8 } from '#core/bytes.ts'
import { forward } from '#model/transformer.ts'
import type { ModelWeights } from '#tensor/exact/weights.ts'
import type { LanguageBackend } from '#tensor/language-backend.ts'
import { ODD_SHAPE, randomModel, randomTokens } from '#model/random-model.ts'
import { randomRequests } from '#model/random-requests.ts'
import { model as vectors, weightsFor } from './vector-model.ts'

/** A model and the steps fed to one sequence. */
export type LanguageCase = {
  readonly name: string
  readonly weights: () => ModelWeights
  readonly steps: readonly (readonly number[])[]
}

const prompt = (count: number) => randomTokens(`prompt ${count}`, count, ODD_SHAPE.vocabulary)

/** Every profile of the vectors, sizes that fit no tile, values at their bounds, several pages of keys, every size of a step. */
export const LANGUAGE_CASES: readonly LanguageCase[] = [
  ...vectors.runs.map(({ options }) => ({
    name: `vectors ${JSON.stringify(options)}`,
    weights: () => weightsFor(options),
    steps: [vectors.tokens.slice(0, 5), ...vectors.tokens.slice(5).map((token) => [token])],
  })),
  {
    name: 'odd sizes',
    weights: () => randomModel({ seed: 'odd', shape: ODD_SHAPE }),
    steps: [prompt(37), [5], [6, 7], [1, 2, 3], [1, 2, 3, 4], [8, 9, 10, 11, 12]],
  },
  {
    name: 'at the bounds',
    weights: () => randomModel({ seed: 'loud', shape: ODD_SHAPE, gain: 6 }),
    steps: [prompt(19), [5], [6, 7]],
  },
  {
    name: '8 bits, at the bounds',
    weights: () =>
      randomModel({
        seed: 'eight',
        shape: { ...ODD_SHAPE, activationBits: 8, headDim: 20, heads: 4, kvHeads: 2 },
        gain: 8,
      }),
    steps: [prompt(19), [5], [6, 7]],
  },
  {
    name: 'wide heads, keys of 16 bits',
    weights: () =>
      randomModel({ seed: 'wide', shape: { ...ODD_SHAPE, keyBits: 16, headDim: 256, heads: 2, layers: 1 }, gain: 7 }),
    steps: [prompt(19), [5], [6, 7]],
  },
  {
    name: 'normalised heads',
    weights: () => randomModel({ seed: 'normalised', shape: { ...ODD_SHAPE, headDim: 24 }, hasNorms: true }),
    steps: [prompt(9), [5], [6, 7]],
  },
  {
    name: 'wide rows',
    weights: () => randomModel({ seed: 'wide rows', shape: { ...ODD_SHAPE, width: 1061, hidden: 1100, layers: 1 } }),
    steps: [prompt(9), [5], [6, 7]],
  },
  {
    name: 'many pages',
    weights: () =>
      randomModel({ seed: 'long', shape: { ...ODD_SHAPE, layers: 1, heads: 1, headDim: 4, width: 8, hidden: 8 } }),
    steps: [prompt(255), [1], [2], prompt(300), [3]],
  },
]

/** Tokens chosen after the steps of a case. */
const SAMPLED = 8

/** A digest of all that `steps` bring back, and of tokens chosen after them. */
export async function digestOfCase(
  backend: LanguageBackend,
  { weights, steps }: Pick<LanguageCase, 'weights' | 'steps'>,
): Promise<string> {
  const model = await backend.load(weights())
  const cache = model.openCache(steps.flat().length)
  const hash = sha256.create()
  for (const tokens of steps) {
    const { leaves, logits, saturated } = await forward(model, [{ cache, tokens }], 'last')
    hash.update(utf8(JSON.stringify([leaves, saturated])))
    for (const row of logits) hash.update(new Uint8Array(row.buffer, row.byteOffset, row.byteLength))
  }
  for (const [i, request] of randomRequests('case', SAMPLED, model.shape.vocabulary).entries()) {
    cache.truncate(cache.length - 1)
    const { tokens } = await forward(model, [{ cache, tokens: [i] }], [request])
    hash.update(utf8(JSON.stringify(tokens)))
  }
  cache.close()
  await model.close()
  return toHex(hash.digest())
}
