// How fast a language backend is on this device: a made-up model of seven million weights, one prefill and a few decoded tokens, as most
// texts are. The weights mean nothing; only the time counts.
import { forward } from '#model/transformer.ts'
import type { WeightMatrix } from '#tensor/exact/linear.ts'
import { ropeFrequencies, ropeTables } from '#tensor/exact/tables.ts'
import type { HeadProjection, LayerWeights, ModelShape, ModelWeights } from '#tensor/exact/weights.ts'
import type { LanguageBackend } from '#tensor/language-backend.ts'

/** Sizes of the trial's model: large enough that a GPU is not judged by its latency alone. */
export const TRIAL_SHAPE: ModelShape = {
  vocabulary: 2048,
  width: 512,
  layers: 2,
  heads: 8,
  kvHeads: 8,
  headDim: 64,
  hidden: 1408,
  fractionBits: 16,
  activationBits: 16,
  keyBits: 8,
  maxPositions: 256,
}

/** Tokens of the prefill. */
const PREFILL = 64

/** Tokens decoded behind it. */
const DECODED = 8

/** Milliseconds for the trial's steps, loading and the first step apart. */
export async function trialMs(backend: LanguageBackend, now: () => number, shape = TRIAL_SHAPE): Promise<number> {
  const model = await backend.load(trialWeights(shape))
  const cache = model.openCache(1 + PREFILL + DECODED)
  const feed = (tokens: readonly number[]) => forward(model, [{ cache, tokens }], 'last')
  try {
    await feed([1])
    const startMs = now()
    await feed(Array.from({ length: PREFILL }, (_, i) => i))
    for (let i = 0; i < DECODED; i++) await feed([i])
    return now() - startMs
  } finally {
    cache.close()
    await model.close()
  }
}

function trialWeights(shape: ModelShape): ModelWeights {
  const { headDim, heads, hidden, kvHeads, layers, maxPositions, vocabulary, width } = shape
  const norm = { q: new Int32Array(width).fill(2 ** 30), scale: { m: 2 ** 30, e: 26 } }
  const projection = (rows: number): HeadProjection => ({ weights: matrix(rows, width), fractionBits: 8, norm: null })
  const layer = (): LayerWeights => ({
    attentionNorm: norm,
    query: projection(heads * headDim),
    key: projection(kvHeads * headDim),
    value: projection(kvHeads * headDim),
    output: matrix(width, heads * headDim),
    feedForwardNorm: norm,
    gate: matrix(hidden, width),
    up: matrix(hidden, width),
    down: matrix(width, hidden),
    productFractionBits: 12,
  })
  const embedding = matrix(vocabulary, width)
  return {
    shape,
    embedding,
    layers: Array.from({ length: layers }, layer),
    norm,
    head: embedding,
    epsilon: 1n,
    scoreScale: { m: 2 ** 30, e: 33 },
    rope: ropeTables(
      ropeFrequencies({ numerator: 10_000n, denominator: 1n }, headDim / 2),
      Math.ceil(maxPositions / 256),
    ),
  }
}

/** Weights that are spread evenly: the high bits of a Weyl sequence. */
function matrix(rows: number, cols: number): WeightMatrix {
  const q = new Int8Array(rows * cols)
  for (let i = 0, state = 0; i < q.length; i++) {
    state = (state + 0x9e37_79b9) | 0
    q[i] = Math.max(state >> 24, -127)
  }
  return { rows, cols, q, m: new Int32Array(rows).fill(2 ** 30), e: new Int32Array(rows).fill(41), bias: null }
}
