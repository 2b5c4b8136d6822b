// The plan for a model: what it refuses, and that it says what a model then takes.
import { describe, expect, test } from 'vitest'
import type { WeightMatrix } from '#tensor/exact/linear.ts'
import type { ModelShape, ModelWeights } from '#tensor/exact/weights.ts'
import { ModelTooLargeError, assertFits, plannedBytes } from '#tensor/memory-plan.ts'
import { openWasmLanguageBackend } from './language-backend.ts'
import { loadKernels } from './load-node.ts'
import { MAX_MEMORY_BYTES } from './memory.ts'
import { memoryPlan } from './memory-plan.ts'

const EMPTY = new Int32Array(0)

/** A model of `shape` whose arrays are empty: a plan looks at sizes alone. */
function sizesOf(shape: ModelShape): ModelWeights {
  const { headDim, heads, hidden, kvHeads, layers, vocabulary, width } = shape
  const matrix = (rows: number, cols: number): WeightMatrix => ({
    rows,
    cols,
    q: new Int8Array(0),
    m: EMPTY,
    e: EMPTY,
    bias: null,
  })
  const gain = { q: EMPTY, scale: { m: 2 ** 30, e: 30 } }
  const projection = (count: number) => ({ weights: matrix(count * headDim, width), fractionBits: 12, norm: null })
  const embedding = matrix(vocabulary, width)
  const level = { cos: EMPTY, sin: EMPTY }
  return {
    shape,
    embedding,
    head: embedding,
    norm: gain,
    layers: Array.from({ length: layers }, () => ({
      attentionNorm: gain,
      query: projection(heads),
      key: projection(kvHeads),
      value: projection(kvHeads),
      output: matrix(width, heads * headDim),
      feedForwardNorm: gain,
      gate: matrix(hidden, width),
      up: matrix(hidden, width),
      down: matrix(width, hidden),
      productFractionBits: 13,
    })),
    epsilon: 1n,
    scoreScale: { m: 2 ** 30, e: 30 },
    rope: { pairs: headDim / 2, positions: 0, high: level, low: level },
  }
}

/** A model of about a billion parameters. */
const BILLION: ModelShape = {
  vocabulary: 32_000,
  width: 2048,
  layers: 22,
  heads: 32,
  kvHeads: 4,
  headDim: 64,
  hidden: 5632,
  fractionBits: 16,
  activationBits: 16,
  keyBits: 8,
  maxPositions: 2048,
}

describe('memory plan', () => {
  test('default: weights are a byte a parameter and little more, caches grow with their positions', () => {
    const plan = memoryPlan(sizesOf(BILLION), 1)
    expect(plan.weightsBytes / 1_034_420_224).toBeLessThan(1.01)
    expect(plan.cacheBytes).toBe(22 * 4 * 256 * (64 + 128 + 8))
    expect(memoryPlan(sizesOf(BILLION), 1, 2048).cacheBytes).toBe(8 * plan.cacheBytes)
    expect(memoryPlan(sizesOf(BILLION), 4).workBytes).toBeGreaterThan(plan.workBytes)
  })

  test('limit: a plan of just the limit accepted, a byte more refused', () => {
    const plan = memoryPlan(sizesOf(BILLION), 1)
    expect(() => assertFits(plan, plannedBytes(plan), 'this device')).not.toThrow()
    expect(() => assertFits(plan, plannedBytes(plan) - 1, 'this device')).toThrow(ModelTooLargeError)
  })

  test('error: ModelTooLarge, before anything is loaded', async () => {
    const weights = sizesOf({ ...BILLION, layers: 128 })
    expect(plannedBytes(memoryPlan(weights, 1))).toBeGreaterThan(MAX_MEMORY_BYTES)
    const backend = openWasmLanguageBackend(await loadKernels())
    await expect(backend.load(weights)).rejects.toThrow(
      /^The model needs \d+ MiB where WebAssembly has 4096: \d+ for its weights, \d+ for keys and values of 256 positions, \d+ to work in\.$/,
    )
  })
})
