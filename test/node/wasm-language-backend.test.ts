// The WASM backend against the reference beyond the vectors: sizes that fit nothing, values at their bounds, sums past one flush.
import { describe, expect, test } from 'vitest'
import { forward } from '#model/transformer.ts'
import { openCpuLanguageBackend } from '#tensor/cpu/language-backend.ts'
import type { WeightMatrix } from '#tensor/exact/linear.ts'
import type { ModelWeights } from '#tensor/exact/weights.ts'
import type { DeviceModel } from '#tensor/language-backend.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-node.ts'
import { ODD_SHAPE, type RandomModelOptions, randomModel, randomTokens } from '#model/random-model.ts'

const LONG = 75 // more than two flushes of weighted sums, and odd

/** A prompt, a second sequence in a batch with it, and decoded tokens behind both. */
async function trace(model: DeviceModel, vocabulary: number) {
  const first = model.openCache(LONG + 9)
  const second = model.openCache(20)
  const outputs = [
    await forward(model, [{ cache: first, tokens: randomTokens('long', LONG, vocabulary) }], 'last'),
    await forward(
      model,
      [
        { cache: first, tokens: randomTokens('more', 5, vocabulary) },
        { cache: second, tokens: randomTokens('short', 3, vocabulary) },
      ],
      'all',
    ),
    await forward(
      model,
      [
        { cache: first, tokens: [1] },
        { cache: second, tokens: [2] },
      ],
      'last',
    ),
    await forward(model, [{ cache: first, tokens: [3] }], 'residual'),
  ]
  first.close()
  second.close()
  return outputs
}

async function expectEqual(options: RandomModelOptions, threads = 1): Promise<number> {
  return expectSame(randomModel(options), threads)
}

async function expectSame(weights: ModelWeights, threads = 1): Promise<number> {
  const { vocabulary } = weights.shape
  const wasm = await openWasmLanguageBackend(await loadKernels(threads)).load(weights)
  const reference = await openCpuLanguageBackend().load(weights)
  const expected = await trace(reference, vocabulary)
  const got = await trace(wasm, vocabulary)
  for (const [i, output] of expected.entries()) {
    expect(got[i]?.leaves).toEqual(output.leaves)
    expect(got[i]?.logits).toEqual(output.logits)
    expect(got[i]?.residual).toEqual(output.residual)
    expect(got[i]?.saturated).toBe(output.saturated)
  }
  await wasm.close()
  return expected.reduce((sum, { saturated }) => sum + saturated, 0)
}

describe('WASM equals the reference', () => {
  test.each([
    [16, 8],
    [16, 16],
    [8, 8],
    [8, 16],
  ] as const)('behaviour: A%i with keys of %i bits', async (activationBits, keyBits) => {
    const shape = { ...ODD_SHAPE, activationBits, keyBits }
    expect(await expectEqual({ seed: `odd ${activationBits} ${keyBits}`, shape })).toBe(0)
  })

  test.each([8, 16] as const)('behaviour: norms over heads, keys of %i bits', async (keyBits) => {
    await expectEqual({ seed: 'norms', shape: { ...ODD_SHAPE, keyBits }, hasNorms: true })
  })

  test.each([4, 6, 8])('behaviour: values cut at their bounds, weights 2^%i times larger', async (gain) => {
    const cut = await expectEqual({ seed: `gain ${gain}`, shape: ODD_SHAPE, gain })
    if (gain >= 6) expect(cut).toBeGreaterThan(0)
  })

  test.each([
    [8, 2],
    [24, 12],
    [40, 24],
    [60, 32],
  ])('behaviour: scales of %i octaves side by side, weights 2^%i times larger', async (exponents, gain) => {
    for (const activationBits of [8, 16] as const) {
      const shape = { ...ODD_SHAPE, activationBits, hidden: 131 }
      await expectEqual({ seed: `octaves ${exponents}`, shape, exponents, gain })
    }
  })

  test.each([
    ['heads of one block of values', { headDim: 16, heads: 4, kvHeads: 2 }],
    ['heads of 8 values beyond a block', { headDim: 24, heads: 2, kvHeads: 2 }],
    ['heads that begin within a panel', { headDim: 6, heads: 3, kvHeads: 3 }],
    ['more outputs than one piece', { hidden: 131, vocabulary: 129, width: 70 }],
    ['columns past one chunk', { hidden: 2100, layers: 1 }],
    ['rows that leave no room for their length in the last block hashed', { width: 30 }],
    ['columns of whole chunks', { width: 512, hidden: 1024, layers: 1 }],
  ])('behaviour: %s', async (_, sizes) => {
    await expectEqual({ seed: 'sizes', shape: { ...ODD_SHAPE, ...sizes } })
  })

  test.each([127, -127])('behaviour: sums at the ends of 32 bits, all weights %i', async (q) => {
    const shape = { ...ODD_SHAPE, width: 512, hidden: 1030, layers: 1 }
    const weights = randomModel({ seed: 'ends', shape, hasBiases: false })
    const level = (matrix: WeightMatrix) => matrix.q.fill(q)
    weights.embedding.q.fill(100)
    weights.norm.q.fill(2 ** 30)
    level(weights.head)
    for (const { attentionNorm, feedForwardNorm, query, key, value, output, gate, up, down } of weights.layers) {
      for (const { q: gains } of [attentionNorm, feedForwardNorm]) gains.fill(2 ** 30)
      for (const matrix of [query.weights, key.weights, value.weights, output, gate, up, down]) level(matrix)
    }
    await expectSame(weights)
  })

  test.each([2, 3, 5])('behaviour: %i threads', async (threads) => {
    await expectEqual({ seed: 'threads', shape: { ...ODD_SHAPE, hidden: 131, vocabulary: 129, width: 70 } }, threads)
  })
})

describe('loading', () => {
  test('behaviour: says how many layers are there, and an abort is heard between two', async () => {
    const weights = randomModel({ seed: 'load', shape: { ...ODD_SHAPE, layers: 5 } })
    const backend = openWasmLanguageBackend(await loadKernels())
    const progress: [number, number][] = []
    await (await backend.load(weights, { onProgress: (...at) => progress.push(at) })).close()
    expect(progress).toEqual([1, 2, 3, 4, 5].map((done) => [done, 5]))

    const abort = new AbortController()
    progress.length = 0
    const onProgress = (done: number, total: number) => {
      progress.push([done, total])
      if (done === 2) setTimeout(() => abort.abort(), 0)
    }
    await expect(backend.load(weights, { signal: abort.signal, onProgress })).rejects.toThrow(/abort/i)
    expect(progress.length).toBeLessThan(5)
  })

  test('error: a closed cache, and one of another backend, are refused', async () => {
    const weights = randomModel({ seed: 'cache', shape: ODD_SHAPE })
    const model = await openWasmLanguageBackend(await loadKernels()).load(weights)
    const cache = model.openCache(8)
    cache.close()
    expect(() => model.begin([{ cache, tokens: [1] }])).toThrow(TypeError)
    const other = (await openCpuLanguageBackend().load(weights)).openCache(8)
    expect(() => model.begin([{ cache: other, tokens: [1] }])).toThrow(TypeError)
  })
})
