// Small language models of random weights that test a device's kernels: every integer kernel of the exact format in both widths of
// activations and keys, on sizes, weights, tokens and sampling parameters from a seed that the tester chose; one digest of all that comes back.
import { bytesOf } from '#core/bytes.ts'
import { type Digest, digestBytes, digestOf } from '#core/digest.ts'
import { type Random, randomInt, seededRandom } from '#core/random.ts'
import type { ModelShape, ModelWeights } from '#tensor/exact/weights.ts'
import type { LanguageBackend } from '#tensor/language-backend.ts'
import { randomModel, randomTokens } from './random-model.ts'
import { randomRequests } from './random-requests.ts'
import { forward } from './transformer.ts'

/** Bits of activations and keys: every profile that the exact format has kernels of its own for. */
const PROFILES = [
  { activationBits: 16, keyBits: 8 },
  { activationBits: 8, keyBits: 16 },
] as const

/** Weights so large that values reach their bounds. */
const LOUD = 6

/** Tokens chosen after the steps. */
const SAMPLED = 3

/** Digest of what `backend` makes of the models of `seed`; some 100 ms in TypeScript. */
export async function runLanguageTest(backend: LanguageBackend, seed: string): Promise<Digest> {
  const results: Digest[] = []
  for (const [i, profile] of PROFILES.entries()) {
    const random = seededRandom(`self-test/${seed}/${i}`)
    const shape = drawnShape(random, profile)
    const options = {
      seed: `${seed}/${i}`,
      shape,
      gain: randomInt(random, 2) * LOUD,
      hasBiases: randomInt(random, 2) === 0,
      hasNorms: i === 1,
    }
    results.push(...(await runModel(backend, randomModel(options), random)))
  }
  return digestOf('self-test-language', { seed, results })
}

/** Around the sizes of words, vectors of four, tiles and lanes. */
function drawnShape(random: Random, profile: (typeof PROFILES)[number]): ModelShape {
  const kvHeads = 1 + randomInt(random, 2)
  return {
    vocabulary: 33 + randomInt(random, 64),
    width: 17 + randomInt(random, 48),
    layers: 2,
    heads: kvHeads * (1 + randomInt(random, 2)),
    kvHeads,
    headDim: 4 * (1 + randomInt(random, 6)),
    hidden: 17 + randomInt(random, 64),
    fractionBits: 14,
    ...profile,
    maxPositions: 256,
  }
}

/** A prefill, short steps, tokens chosen, and the rows that embeddings are pooled of. */
async function runModel(backend: LanguageBackend, weights: ModelWeights, random: Random): Promise<Digest[]> {
  const model = await backend.load(weights)
  const { vocabulary } = weights.shape
  const lengths = [17 + randomInt(random, 24), 1, 2 + randomInt(random, 4)]
  const cache = model.openCache(lengths.reduce((sum, length) => sum + length, 0))
  const results: Digest[] = []
  const keep = (...arrays: readonly Int32Array<ArrayBuffer>[]) =>
    results.push(...arrays.map((a) => digestBytes(bytesOf(a))))
  try {
    for (const [i, length] of lengths.entries()) {
      const tokens = randomTokens(`${i}/${randomInt(random, 2 ** 32)}`, length, vocabulary)
      const { leaves, logits, saturated } = await forward(model, [{ cache, tokens }], 'last')
      results.push(...leaves.flat())
      keep(...logits, Int32Array.of(saturated))
    }
    for (const [i, request] of randomRequests(String(randomInt(random, 2 ** 32)), SAMPLED, vocabulary).entries()) {
      cache.truncate(cache.length - 1)
      const { tokens } = await forward(model, [{ cache, tokens: [i] }], [request])
      keep(Int32Array.from(tokens))
    }
    cache.truncate(cache.length - 1)
    keep(...(await forward(model, [{ cache, tokens: [1] }], 'residual')).residual)
  } finally {
    cache.close()
    await model.close()
  }
  return results
}
