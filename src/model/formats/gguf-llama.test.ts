// A whole model through GGUF: names, orders of rows, sizes and numbers are those of the Hugging Face folder it was written from.
import { describe, expect, test } from 'vitest'
import { bytesSource } from '#core/byte-source.ts'
import { randomInt, seededRandom } from '#core/random.ts'
import type { FloatTensors } from '#model/convert/llama.ts'
import { type LlamaConfig, parseLlamaConfig } from './config.ts'
import { type Gguf, openGguf } from './gguf.ts'
import { configOfGguf } from './gguf-config.ts'
import { byteVocabulary, encodeLlamaGguf } from './gguf.fixture.ts'
import { ggufName, permuteRows } from './gguf-names.ts'
import { ggufTensors } from './gguf-tensors.ts'

const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  vocab_size: 256,
  hidden_size: 32,
  intermediate_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 16,
  rms_norm_eps: 1e-5,
  rope_theta: 500_000,
  max_position_embeddings: 128,
  tie_word_embeddings: false,
}

/** Multiples of 1/128 within ±1, which every type of float holds exactly. */
function tensors(
  has: (name: string) => boolean = (name) => !name.endsWith('.bias') && !/[qk]_norm/.test(name),
): FloatTensors {
  const read = async (name: string, shape: readonly number[]) => {
    const random = seededRandom(name)
    const length = shape.reduce((product, dim) => product * dim, 1)
    return Float32Array.from({ length }, () => (randomInt(random, 255) - 127) / 128)
  }
  return { read, readOptional: async (name, shape) => (has(name) ? read(name, shape) : null) }
}

async function written(config: LlamaConfig, of = tensors()): Promise<Gguf> {
  const bytes = await encodeLlamaGguf({ config, tensors: of, type: 'F32', tokenizer: byteVocabulary(10) })
  return openGguf(bytesSource(bytes))
}

const withMetadata = (file: Gguf, change: Record<string, string | number | boolean | string[]>): Gguf => ({
  ...file,
  metadata: new Map([...file.metadata, ...Object.entries(change)]),
})

describe('a Llama in GGUF', async () => {
  const config = parseLlamaConfig(CONFIG)
  const file = await written(config)

  test('default: its metadata says what config.json says', () => {
    expect(parseLlamaConfig(configOfGguf(file, null))).toEqual(config)
  })

  test.each([
    ['model.embed_tokens.weight', [256, 32]],
    ['lm_head.weight', [256, 32]],
    ['model.norm.weight', [32]],
    ['model.layers.1.input_layernorm.weight', [32]],
    ['model.layers.0.self_attn.q_proj.weight', [64, 32]],
    ['model.layers.1.self_attn.k_proj.weight', [32, 32]],
    ['model.layers.1.self_attn.v_proj.weight', [32, 32]],
    ['model.layers.0.self_attn.o_proj.weight', [32, 64]],
    ['model.layers.0.mlp.down_proj.weight', [32, 64]],
  ])('behaviour: %s comes back', async (name, shape) => {
    const read = await ggufTensors(file, 'llama', 16).read(name, shape)
    expect(read).toEqual(await tensors().read(name, shape))
  })

  test('behaviour: queries and keys of "llama" lie in pairs in the file, values do not', async () => {
    const name = 'model.layers.0.self_attn.q_proj.weight'
    const rows = await tensors().read(name, [64, 32])
    const tensor = file.tensors.get(ggufName(name))
    if (tensor === undefined) throw new Error('No tensor.')
    const raw = await file.readFloats(tensor)
    const row = (of: Float32Array, i: number) => of.subarray(32 * i, 32 * i + 32)
    expect([0, 1, 2, 3, 16].map((i) => row(raw, i))).toEqual([0, 8, 1, 9, 16].map((i) => row(rows, i)))
  })

  test('behaviour: pairing and splitting undo one another', () => {
    const values = Float32Array.from({ length: 48 }, (_, i) => i)
    expect(permuteRows(permuteRows(values, 24, 8, 'pair'), 24, 8, 'split')).toEqual(values)
  })

  test('error: another shape, and a tensor that is not there', async () => {
    const read = ggufTensors(file, 'llama', 16)
    await expect(read.read('model.norm.weight', [31])).rejects.toThrow('shape (32) where (31)')
    await expect(read.read('model.layers.9.mlp.up_proj.weight', [1])).rejects.toThrow('blk.9.ffn_up.weight')
    expect(await read.readOptional('model.layers.0.self_attn.q_proj.bias', [64])).toBeNull()
  })

  test.each([
    ['no architecture', { 'general.architecture': 3 }, 'general.architecture'],
    ['another architecture', { 'general.architecture': 'mamba' }, 'mamba'],
    ['experts', { 'llama.expert_count': 8 }, 'experts'],
    ['parts', { 'split.count': 3 }, 'one of 3 parts'],
    ['sizes by layer', { 'llama.feed_forward_length': ['1'] }, 'a list'],
    ['values of another size', { 'llama.attention.value_length': 8 }, 'values of another size'],
    ['partial rotation', { 'llama.rope.dimension_count': 8 }, '8 of 16'],
    ['a factor of attention', { 'llama.rope.scaling.type': 'yarn', 'llama.rope.scaling.attn_factor': 2 }, 'attention'],
    ['half a width', { 'llama.embedding_length': 0.5 }, 'hidden_size'],
  ])('error: %s', (_, change, part) => {
    expect(() => parseLlamaConfig(configOfGguf(withMetadata(file, change), null))).toThrow(
      expect.objectContaining({ kind: 'input', message: expect.stringContaining(part) as string }) as Error,
    )
  })

  test.each(['embedding_length', 'attention.head_count', 'block_count', 'attention.layer_norm_rms_epsilon'])(
    'error: no %s',
    (key) => {
      const metadata = new Map([...file.metadata].filter(([name]) => name !== `llama.${key}`))
      expect(() => configOfGguf({ ...file, metadata }, null)).toThrow(`llama.${key} is missing`)
    },
  )

  test('option: scaled rotary embeddings are told as config.json tells them', () => {
    const linear = withMetadata(file, { 'llama.rope.scaling.type': 'linear', 'llama.rope.scaling.factor': 4 })
    expect(configOfGguf(linear, null).rope_scaling).toEqual({ rope_type: 'linear', factor: 4 })
    const yarn = withMetadata(file, {
      'llama.rope.scaling.type': 'yarn',
      'llama.rope.scaling.factor': 4,
      'llama.rope.scaling.original_context_length': 32,
    })
    expect(parseLlamaConfig(configOfGguf(yarn, null)).ropeScaling).toMatchObject({ factor: 4, originalPositions: 32 })
    expect(configOfGguf(file, new Float32Array(8).fill(1)).rope_scaling).toBeNull()
    // Llama 3.1 at theta 500,000 and heads of 128: high frequencies as they were, low ones eight times slower, the middle in between.
    const factors = Float32Array.from({ length: 64 }, (_, i) => {
      const wavelength = 2 * Math.PI * 500_000 ** (i / 64)
      if (wavelength < 2048) return 1
      const smooth = (8192 / wavelength - 1) / 3
      return wavelength > 8192 ? 8 : 1 / ((1 - smooth) / 8 + smooth)
    })
    expect(configOfGguf(file, factors).rope_scaling).toEqual({
      rope_type: 'llama3',
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 8192,
    })
    expect(() =>
      configOfGguf(
        file,
        factors.map((each, i) => (i === 40 ? each * 1.01 : each)),
      ),
    ).toThrow("Llama 3's")
  })
})

test('option: Qwen2 has biases, is tied, and its rows lie as they do in Hugging Face', async () => {
  const qwen = parseLlamaConfig({ ...CONFIG, architectures: ['Qwen2ForCausalLM'], tie_word_embeddings: true })
  const of = tensors((name) => !/[qk]_norm/.test(name))
  const file = await written(qwen, of)
  expect(parseLlamaConfig(configOfGguf(file, null))).toEqual(qwen)
  for (const [name, shape] of [
    ['weight', [64, 32]],
    ['bias', [64]],
  ] as const) {
    const full = `model.layers.0.self_attn.q_proj.${name}`
    expect(await ggufTensors(file, 'qwen2', 16).read(full, shape)).toEqual(await of.read(full, shape))
  }
})

test('option: Qwen3 has norms of its heads, and no biases', async () => {
  const qwen = parseLlamaConfig({ ...CONFIG, architectures: ['Qwen3ForCausalLM'] })
  const of = tensors((name) => !name.endsWith('.bias'))
  const file = await written(qwen, of)
  expect(parseLlamaConfig(configOfGguf(file, null))).toEqual(qwen)
  for (const name of ['q_norm', 'k_norm']) {
    const full = `model.layers.1.self_attn.${name}.weight`
    expect(await ggufTensors(file, 'qwen3', 16).read(full, [16])).toEqual(await of.read(full, [16]))
  }
})
