// Conversions of every architecture under its own tensor names, against the float64 forward pass; the choice of fraction bits; what is recorded.
import { describe, expect, test } from 'vitest'
import { bytesSource } from '#core/byte-source.ts'
import { utf8 } from '#core/bytes.ts'
import { digestBytes } from '#core/digest.ts'
import { MARGIN_BITS, calibrate } from '#model/convert/calibrate.ts'
import { calibrationText } from '#model/convert/calibration-text.ts'
import {
  FloatComparer,
  type FloatComparison,
  MAX_COMPARED_OPERATIONS,
  weightCount,
} from '#model/convert/compare-floats.ts'
import { type FloatTensors, convertLlama } from '#model/convert/llama.ts'
import { convertModel } from '#model/convert/model.ts'
import { encodeExactModel, parseExactModel } from '#model/exact-file.ts'
import type { LlamaConfig } from '#model/formats/config.ts'
import { forward } from '#model/transformer.ts'
import { openCpuLanguageBackend } from '#tensor/cpu/language-backend.ts'
import type { ModelWeights } from '#tensor/exact/weights.ts'
import type { LanguageBackend } from '#tensor/language-backend.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-node.ts'
import { loadFloatModel, floatLogits } from '#model/convert/float-forward.ts'
import { randomFloatTensors, smallConfig, tensorShapes } from '../support/float-model.ts'
import { randomTokens } from '#model/random-model.ts'

const LLAMA3 = { factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 64 }
const CARD = {
  name: 'random',
  tokenizer: 'bytes',
  tokenizerJson: '',
  chatTemplate: '',
  beginToken: null,
  endTokens: [],
  sources: {},
} as const
const reference = openCpuLanguageBackend()
const wasm = openWasmLanguageBackend(await loadKernels())

/** Relative error of all logits (RMS) against the float64 model; WebAssembly has to give the same logits as the reference. */
async function logitError(config: LlamaConfig, tensors: FloatTensors, weights: ModelWeights): Promise<number> {
  const tokens = randomTokens('conversion', 24, config.vocabulary)
  const run = async (backend: LanguageBackend) => {
    const model = await backend.load(weights)
    return forward(model, [{ cache: model.openCache(24), tokens }], 'all')
  }
  const { logits } = await run(reference)
  expect(await run(wasm)).toMatchObject({ logits, saturated: 0 })
  let [errors, squares] = [0, 0]
  for (const [i, expected] of floatLogits(await loadFloatModel(config, tensors), tokens).entries())
    for (const [token, z] of expected.entries()) {
      errors += ((logits[i]?.[token] ?? 0) / 65_536 - z) ** 2
      squares += z * z
    }
  return Math.sqrt(errors / squares)
}

describe('architectures', () => {
  test.each([
    ['Llama', {}],
    ['Llama, tied head', { tie_word_embeddings: true }],
    ['Llama 3, scaled frequencies', { rope_theta: 500_000, rope_scaling: { rope_type: 'llama3', ...LLAMA3 } }],
    ['SmolLM2', { tie_word_embeddings: true, rope_theta: 130_000, rms_norm_eps: 1e-5, head_dim: null }],
    ['Mistral', { architectures: ['MistralForCausalLM'], sliding_window: 256 }],
    ['Qwen2', { architectures: ['Qwen2ForCausalLM'], rope_theta: 1_000_000, use_sliding_window: false }],
    ['Qwen3', { architectures: ['Qwen3ForCausalLM'], attention_bias: false }],
    ['Qwen3, yarn', { architectures: ['Qwen3ForCausalLM'], rope_scaling: { rope_type: 'yarn', factor: 4 } }],
  ])('behaviour: %s', async (_, change) => {
    const config = smallConfig({ ...change, hidden_size: 'head_dim' in change ? 64 : 48 })
    const read = new Set<string>()
    const tensors = randomFloatTensors(config, 'architectures', (name) => void read.add(name))
    const weights = await convertLlama(config, tensors)
    expect([...read].sort()).toEqual([...tensorShapes(config).keys()].sort())
    expect(await logitError(config, tensors, weights)).toBeLessThan(0.025)
  })

  test('error: a Qwen3 without its norms', async () => {
    const config = smallConfig({ architectures: ['Qwen3ForCausalLM'] })
    const tensors = randomFloatTensors({ ...config, architecture: 'llama' }, 'without')
    await expect(convertLlama(config, tensors)).rejects.toThrow('q_norm')
  })
})

describe('calibration', () => {
  const config = smallConfig({ tie_word_embeddings: true })
  const tokens = randomTokens('calibration', 20, 256)
  /** A model whose residual reaches about `size` in one channel, from the embedding on. */
  const loud = (size: number) =>
    convertLlama(
      config,
      randomFloatTensors(config, 'loud', (name, values) => {
        if (name === 'model.embed_tokens.weight') for (let i = 0; i < values.length; i += 48) values[i] = size
        if (name.endsWith('norm.weight')) values[0] = 0.001
      }),
    )

  test.each([
    [0.5, 16],
    [1800, 16],
    [2600, 15],
    [12_000, 13],
    [120_000, 10],
    [600_000, 10],
  ])('behaviour: a residual of %i gets %i fraction bits', async (size, fractionBits) => {
    const { weights, found } = await calibrate(await loud(size), {
      backend: reference,
      tokens,
      epsilon: config.epsilon,
    })
    expect(weights.shape.fractionBits).toBe(fractionBits)
    expect(found).toMatchObject({ positions: 20, saturated: 0 })
    expect(2 ** found.residualBits).toBeGreaterThan(size)
    expect(fractionBits).toBeLessThanOrEqual(Math.max(10, 30 - found.residualBits - MARGIN_BITS))
  })

  test('limit: an embedding within 2^20 accepted, one beyond refused', async () => {
    const options = { backend: reference, tokens, epsilon: config.epsilon }
    expect((await calibrate(await loud(2 ** 20 - 1000), options)).weights.shape.fractionBits).toBe(10)
    await expect(calibrate(await loud(2 ** 20 + 1000), options)).rejects.toThrow('2^20')
  })

  test('behaviour: values that are cut whatever the fraction are reported, and do not cost fraction bits', async () => {
    const tensors = randomFloatTensors(config, 'gates', (name, values) => {
      if (name.endsWith('up_proj.weight')) for (const i of values.keys()) values[i] = (values[i] ?? 0) * 2000
      if (name.endsWith('down_proj.weight')) for (const i of values.keys()) values[i] = (values[i] ?? 0) / 2000
    })
    const options = { backend: reference, tokens, epsilon: config.epsilon }
    const { weights, found } = await calibrate(await convertLlama(config, tensors), options)
    expect(found.saturated).toBeGreaterThan(0)
    expect(weights.shape.fractionBits).toBe(16)
  })

  test('behaviour: every backend finds the same, and the file tells it', async () => {
    const tensors = randomFloatTensors(config, 'record')
    const model = await convertModel(config, tensors, CARD)
    expect(await convertModel(config, tensors, CARD, { backend: wasm })).toEqual(model)
    const { card } = await parseExactModel(bytesSource(encodeExactModel(model)))
    expect(card.calibration).toEqual(model.card.calibration)
    expect(card.rope).toEqual({ type: 'default', theta: '10000' })
    const errors = Object.values(card.calibration?.weightErrors ?? {})
    expect(errors).toHaveLength(2 * 7 + 1)
    for (const ppm of errors) expect(ppm).toBeGreaterThan(2000)
    for (const ppm of errors) expect(ppm).toBeLessThan(6000)
  })

  test('behaviour: what quantising cost is told of a small model, and the file stays the same', async () => {
    const told: FloatComparison[] = []
    const tensors = randomFloatTensors(config, 'record')
    const model = await convertModel(config, tensors, CARD, { onCompared: (comparison) => told.push(comparison) })
    expect(model).toEqual(await convertModel(config, tensors, CARD))
    expect(told.map(({ positions }) => positions)).toEqual([64])
    for (const { agreeing, exactBits, floatBits } of told) {
      expect(agreeing).toBeGreaterThan(56)
      expect(Math.abs(exactBits / floatBits - 1)).toBeLessThan(0.01)
    }
  })

  test('limit: models past ten billion products are not compared', async () => {
    const comparer = new FloatComparer([1, 2])
    comparer.push(new Int32Array(256), 0)
    const large = { ...config, hidden: 2 ** 20, layers: 512 }
    expect(weightCount(large)).toBeGreaterThan(MAX_COMPARED_OPERATIONS)
    expect(await comparer.compare(large, randomFloatTensors(config, 'none'))).toBeNull()
    expect(await comparer.compare(config, randomFloatTensors(config, 'none'))).not.toBeNull()
  })

  test('vector: the loss of the record is that of the softmax in doubles', async () => {
    const { weights, found } = await calibrate(await loud(0.5), { backend: reference, tokens, epsilon: config.epsilon })
    const model = await reference.load(weights)
    const { logits } = await forward(model, [{ cache: model.openCache(20), tokens }], 'all')
    let bits = 0
    for (const [i, row] of logits.slice(0, -1).entries()) {
      const top = Math.max(...row)
      const total = row.reduce((sum, z) => sum + Math.exp((z - top) / 65_536), 0)
      bits += Math.log2(total) + ((top - (row[tokens[i + 1] ?? 0] ?? 0)) / 65_536) * Math.LOG2E
    }
    expect(Math.abs(found.milliBits - (1000 * bits) / 19)).toBeLessThan(1)
  })

  test('behaviour: the text is the same everywhere', () => {
    const digest = '74f91a0d01d190de9e5e1a5439ade4dc2fb22375681c0c6359afb1a385d477b6'
    expect(digestBytes(utf8(calibrationText()))).toBe(digest)
  })

  test('error: aborted between runs', async () => {
    const abort = new AbortController()
    const options = { signal: abort.signal, onProgress: (done: number) => done > 2 && abort.abort() }
    await expect(convertModel(config, randomFloatTensors(config, 'abort'), CARD, options)).rejects.toThrow('abort')
  })
})
