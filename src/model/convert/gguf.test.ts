// A GGUF file becomes the same exact model as the folder that says the same, and what does not fit together is refused.
import { describe, expect, test } from 'vitest'
import { bytesSource } from '#core/byte-source.ts'
import { bytesOf, utf8 } from '#core/bytes.ts'
import { digestBytes } from '#core/digest.ts'
import { randomInt, seededRandom } from '#core/random.ts'
import { encodeExactModel } from '#model/exact-file.ts'
import { parseLlamaConfig } from '#model/formats/config.ts'
import { openGguf } from '#model/formats/gguf.ts'
import {
  type FloatGgmlType,
  type GgufTensorData,
  type GgufVocabulary,
  byteVocabulary,
  encodeFloats,
  encodeGguf,
  encodeLlamaGguf,
} from '#model/formats/gguf.fixture.ts'
import { type TensorData, encodeSafetensors } from '#model/formats/safetensors.ts'
import { openTextModel } from '#model/text-model.ts'
import { openFolderModel } from './folder.ts'
import { openGgufModel } from './gguf.ts'
import type { FloatTensors } from './llama.ts'
import { convertSource } from './source.ts'

const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  vocab_size: 256,
  hidden_size: 32,
  intermediate_size: 64,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  rms_norm_eps: 1e-5,
  max_position_embeddings: 64,
  tie_word_embeddings: true,
}

/** Multiples of 1/64, two of which are 127/64 in each row: what every type here, Q8_0 included, holds exactly. */
function values(name: string, shape: readonly number[]): Float32Array<ArrayBuffer> {
  const random = seededRandom(name)
  const length = shape.reduce((product, dim) => product * dim, 1)
  return Float32Array.from({ length }, (_, i) => (i % 32 === 0 ? 127 : randomInt(random, 255) - 127) / 64)
}

/** Values by name, and what was asked for. */
function source(change: (name: string, of: Float32Array<ArrayBuffer>) => Float32Array = (_, of) => of) {
  const read: TensorData[] = []
  const tensors: FloatTensors = {
    async read(name, shape) {
      const of = Float32Array.from(change(name, values(name, shape)))
      read.push({ name, dtype: 'F32', shape, bytes: bytesOf(of) })
      return of
    },
    readOptional: async (name, shape) =>
      name.endsWith('.bias') || /[qk]_norm/.test(name) ? null : tensors.read(name, shape),
  }
  return { tensors, read }
}

function encode(
  of = source(),
  type: FloatGgmlType = 'F32',
  tokenizer: GgufVocabulary = byteVocabulary(10),
  config: object = CONFIG,
) {
  return encodeLlamaGguf({
    config: parseLlamaConfig(config),
    tensors: of.tensors,
    type,
    tokenizer,
    chatTemplate: '{{ messages[0].content }}',
  })
}

const convert = async (bytes: Uint8Array) => convertSource(await openGgufModel(bytesSource(bytes), 'a.gguf'), 'a')

describe('converting GGUF', () => {
  test('default: the weights are those of the folder, in every type', async () => {
    const written = source()
    const bytes = await encode(written)
    const files: Record<string, Uint8Array> = {
      'config.json': utf8(JSON.stringify(CONFIG)),
      'model.safetensors': encodeSafetensors(written.read, {}),
    }
    const open = async (name: string) => bytesSource(files[name] ?? new Uint8Array(0))
    const folder = await convertSource(await openFolderModel({ names: Object.keys(files), open }), 'a')
    for (const type of ['F32', 'F16', 'Q8_0'] as const) {
      const model = await convert(await encode(source(), type))
      expect(model.weights).toEqual(folder.weights)
    }
    expect((await convert(bytes)).card.sources).toEqual({ 'a.gguf': digestBytes(bytes) })
  })

  test('behaviour: tokenizer, template and end tokens come along, and the same file gives the same bytes', async () => {
    const bytes = encodeExactModel(await convert(await encode()))
    expect(encodeExactModel(await convert(await encode()))).toEqual(bytes)
    const text = await openTextModel(bytesSource(bytes))
    expect(text.card).toMatchObject({ name: 'a', architecture: 'llama', tokenizer: 'huggingface', endTokens: [10] })
    expect(text.promptTokens('žluť')).toEqual([...utf8('žluť')])
    expect(text.chatTokens([{ role: 'user', content: 'Hi' }])).toEqual([...utf8('Hi')])
  })

  test('error: a tokenizer larger than the vocabulary', async () => {
    const more = { ...byteVocabulary(10), tokens: [...byteVocabulary(10).tokens, 'ab'] }
    await expect(convert(await encode(source(), 'F32', more))).rejects.toThrow('257 tokens where')
  })

  test.each([Number.NaN, Infinity, -Infinity])('error: a weight of %d', async (value) => {
    const bytes = await encode(source((name, of) => (name.includes('up_proj') ? of.with(7, value) : of)))
    await expect(convert(bytes)).rejects.toMatchObject({
      kind: 'input',
      message: `Tensor "blk.0.ffn_up.weight" holds ${value} at index 7.`,
    })
  })

  test('error: tensors that a Llama does not have', async () => {
    const file = await openGguf(bytesSource(await encode()))
    const tensors: GgufTensorData[] = []
    for (const tensor of file.tensors.values())
      tensors.push({ ...tensor, type: tensor.type.name, bytes: encodeFloats(await file.readFloats(tensor), 'F32') })
    const more = ['blk.0.attn_output.bias', 'blk.0.ffn_up.bias'].map((name) => ({
      name,
      type: 'F32',
      shape: [1],
      bytes: new Uint8Array(4),
    }))
    const { 'general.alignment': _, ...metadata } = Object.fromEntries(file.metadata)
    const written = Object.entries(metadata).map(([key, value]) => [key, writable(value)] as const)
    const again = encodeGguf(Object.fromEntries(written), [...tensors, ...more])
    await expect(convert(again)).rejects.toThrow('a llama has no tensor "blk.0.attn_output.bias", nor 1 more')
    await convert(encodeGguf(Object.fromEntries(written), tensors))
  })
})

function writable(value: unknown) {
  if (typeof value === 'number') return Number.isInteger(value) ? { u32: value } : { f32: value }
  if (Array.isArray(value) && typeof value[0] === 'number') return Int32Array.from(value as number[])
  return value as string | boolean | string[]
}
