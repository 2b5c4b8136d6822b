// Converting, writing and reading back: the same bytes each time, and files that lie are refused before anything is read for them.
import { describe, expect, test } from 'vitest'
import { bytesSource } from '#core/byte-source.ts'
import { randomInt, seededRandom } from '#core/random.ts'
import { type FloatTensors, convertLlama } from './convert/llama.ts'
import { type ExactModel, encodeExactModel, parseExactModel } from './exact-file.ts'
import { type LlamaConfig, parseLlamaConfig } from './formats/config.ts'
import { encodeSafetensors, openSafetensors } from './formats/safetensors.ts'

const CONFIG: LlamaConfig = {
  architecture: 'qwen2',
  vocabulary: 20,
  width: 16,
  hidden: 24,
  layers: 2,
  heads: 2,
  kvHeads: 1,
  headDim: 8,
  epsilon: 1e-5,
  theta: 10_000,
  maxPositions: 300,
  isTied: true,
}

function randomTensors(seed: string): FloatTensors {
  const read = async (name: string, shape: readonly number[]) => {
    const random = seededRandom(`${seed}/${name}`)
    const length = shape.reduce((product, dim) => product * dim, 1)
    return Float32Array.from({ length }, () => (randomInt(random, 2001) - 1000) / 4096)
  }
  return { read, readOptional: read }
}

async function sample(): Promise<ExactModel> {
  return {
    card: {
      name: 'sample',
      architecture: 'qwen2',
      tokenizer: 'bytes',
      tokenizerJson: '',
      chatTemplate: '',
      beginToken: null,
      endTokens: [0],
      sources: {},
    },
    weights: await convertLlama(CONFIG, randomTensors('1')),
  }
}

describe('exact model file', () => {
  test('behaviour: converting twice gives the same bytes, and reading gives the model back', async () => {
    const bytes = encodeExactModel(await sample())
    expect(encodeExactModel(await sample())).toEqual(bytes)
    const model = await parseExactModel(bytesSource(bytes))
    expect(model).toEqual(await sample())
    expect(model.weights.head).toBe(model.weights.embedding)
    expect(encodeExactModel(model)).toEqual(bytes)
  })

  test('error: every truncation is refused', async () => {
    const bytes = encodeExactModel(await sample())
    for (let length = 0; length < bytes.length; length += 97)
      await expect(parseExactModel(bytesSource(bytes.subarray(0, length)))).rejects.toMatchObject({ kind: 'input' })
  })

  test('error: a header whose sizes are not those of the tensors', async () => {
    const file = await openSafetensors(bytesSource(encodeExactModel(await sample())))
    const tensors = await Promise.all(
      [...file.tensors.values()].map(async ({ name, dtype, shape }) => ({
        name,
        dtype,
        shape,
        bytes: await file.read(name),
      })),
    )
    const lie = (from: string, to: string) =>
      bytesSource(encodeSafetensors(tensors, { commonwatt: (file.metadata.commonwatt ?? '').replace(from, to) }))
    await expect(parseExactModel(lie('"vocabulary": 20', '"vocabulary": 21'))).rejects.toThrow('embedding.q')
    await expect(parseExactModel(lie('"layers": 2', '"layers": 3'))).rejects.toThrow('2 layers of 3')
    await expect(parseExactModel(lie('"width": 16', '"width": 99999999'))).rejects.toThrow('malformed')
  })
})

describe('safetensors', () => {
  const file = (header: unknown, data = new Uint8Array(8)) => {
    const text = new TextEncoder().encode(JSON.stringify(header))
    const bytes = new Uint8Array(8 + text.length + data.length)
    new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true)
    bytes.set(text, 8)
    bytes.set(data, 8 + text.length)
    return openSafetensors(bytesSource(bytes))
  }
  const entry = (begin: number, end: number, shape = [(end - begin) / 4]) => ({
    dtype: 'F32',
    shape,
    data_offsets: [begin, end],
  })

  test('default', async () => {
    const { tensors } = await file({ a: entry(0, 4), b: entry(4, 8) })
    expect([...tensors.keys()]).toEqual(['a', 'b'])
  })

  test.each([
    ['an overlap', { a: entry(0, 8), b: entry(4, 8) }],
    ['a hole', { a: entry(0, 4) }],
    ['past the end', { a: entry(0, 12) }],
    ['a shape that is not its bytes', { a: entry(0, 8, [3]) }],
    ['a shape that overflows', { a: entry(0, 8, [2 ** 40, 2 ** 40]) }],
    ['a negative dimension', { a: entry(0, 8, [-2]) }],
    ['an unknown type', { a: { dtype: 'F8', shape: [8], data_offsets: [0, 8] } }],
    ['metadata that is not text', { __metadata__: { a: 1 }, a: entry(0, 8) }],
    ['a list', []],
  ])('error: %s', async (_, header) => {
    await expect(file(header)).rejects.toMatchObject({ name: 'model.Safetensors' })
  })

  test('limit: a header length that lies', async () => {
    const bytes = new Uint8Array(16)
    new DataView(bytes.buffer).setBigUint64(0, 2n ** 60n, true)
    await expect(openSafetensors(bytesSource(bytes))).rejects.toThrow('1152921504606846976')
  })
})

describe('config.json', () => {
  const json = {
    architectures: ['LlamaForCausalLM'],
    vocab_size: 32_000,
    hidden_size: 512,
    intermediate_size: 1376,
    num_hidden_layers: 8,
    num_attention_heads: 8,
    rms_norm_eps: 1e-5,
    max_position_embeddings: 2048,
  }

  test('default', () => {
    expect(parseLlamaConfig(json)).toMatchObject({
      architecture: 'llama',
      kvHeads: 8,
      headDim: 64,
      theta: 10_000,
      isTied: false,
    })
  })

  test.each([
    [{ architectures: ['GPT2LMHeadModel'] }, 'GPT2LMHeadModel'],
    [{ rope_scaling: { type: 'linear', factor: 2 } }, 'rope_scaling'],
    [{ num_key_value_heads: 3 }, '3 groups'],
    [{ hidden_act: 'gelu' }, 'gelu'],
    [{ hidden_size: 2 ** 40 }, 'hidden_size'],
    [{ rms_norm_eps: 0 }, 'rms_norm_eps'],
  ])('error: %o', (change, part) => {
    expect(() => parseLlamaConfig({ ...json, ...change })).toThrow(part)
  })
})
