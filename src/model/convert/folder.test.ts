// Folders as Hugging Face has them: whole and sharded weights in three types, tokenizers and templates, and folders that lie.
import { describe, expect, test } from 'vitest'
import { type ByteSource, bytesSource } from '#core/byte-source.ts'
import { bytesOf, utf8 } from '#core/bytes.ts'
import { randomInt, seededRandom } from '#core/random.ts'
import { type SafetensorsType, type TensorData, encodeSafetensors } from '#model/formats/safetensors.ts'
import { openTextModel } from '#model/text-model.ts'
import { byteLevelTokenizer } from '#model/tokenizer.fixture.ts'
import { encodeExactModel } from '#model/exact-file.ts'
import { type ModelFolder, openFolderModel } from './folder.ts'
import { convertSource } from './source.ts'

const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  vocab_size: 272,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  rms_norm_eps: 1e-5,
  max_position_embeddings: 64,
  tie_word_embeddings: true,
  eos_token_id: 258,
}
const TEMPLATE = '{{ bos_token }}{% for m in messages %}{{ m.content }}{{ eos_token }}{% endfor %}'
const tokenizer = byteLevelTokenizer()

type Files = Record<string, Uint8Array<ArrayBuffer>>

/** Float tensors whose values every type holds exactly: small multiples of 1/64. */
function tensors(dtype: SafetensorsType): TensorData[] {
  const shapes: [string, number[]][] = [
    ['model.embed_tokens.weight', [272, 16]],
    ['model.norm.weight', [16]],
  ]
  for (const layer of [0, 1])
    for (const [name, shape] of [
      ['input_layernorm', [16]],
      ['post_attention_layernorm', [16]],
      ['self_attn.q_proj', [16, 16]],
      ['self_attn.k_proj', [8, 16]],
      ['self_attn.v_proj', [8, 16]],
      ['self_attn.o_proj', [16, 16]],
      ['mlp.gate_proj', [24, 16]],
      ['mlp.up_proj', [24, 16]],
      ['mlp.down_proj', [16, 24]],
    ] as [string, number[]][])
      shapes.push([`model.layers.${layer}.${name}.weight`, shape])
  return shapes.map(([name, shape]) => {
    const random = seededRandom(name)
    const length = shape.reduce((product, dim) => product * dim, 1)
    const values = Float32Array.from({ length }, () => (randomInt(random, 127) - 63) / 64)
    return { name, dtype, shape, bytes: encodeFloats(values, dtype) }
  })
}

function encodeFloats(values: Float32Array<ArrayBuffer>, dtype: SafetensorsType): Uint8Array<ArrayBuffer> {
  if (dtype === 'F32') return bytesOf(values)
  const bits = new Uint32Array(values.buffer)
  if (dtype === 'BF16') return bytesOf(Uint16Array.from(bits, (word) => word >>> 16))
  return bytesOf(Uint16Array.from(values, (value) => halfBits(value)))
}

/** Bits of a small multiple of 1/64 as binary16. */
function halfBits(value: number): number {
  if (value === 0) return 0
  const sign = value < 0 ? 0x8000 : 0
  const exponent = Math.floor(Math.log2(Math.abs(value)))
  return sign | ((exponent + 15) << 10) | ((Math.abs(value) / 2 ** exponent - 1) * 1024)
}

function folderOf(files: Files): ModelFolder {
  return {
    names: Object.keys(files),
    open: async (name): Promise<ByteSource> => bytesSource(files[name] ?? new Uint8Array(0)),
  }
}

function files(change: Files = {}, dtype: SafetensorsType = 'F32'): Files {
  return {
    'config.json': utf8(JSON.stringify(CONFIG)),
    'tokenizer.json': utf8(tokenizer.tokenizer),
    'tokenizer_config.json': utf8(JSON.stringify({ ...JSON.parse(tokenizer.config), chat_template: TEMPLATE })),
    'model.safetensors': encodeSafetensors(tensors(dtype), {}),
    ...change,
  }
}

function sharded(): Files {
  const all = tensors('F32')
  const { 'model.safetensors': _, ...rest } = files()
  const names = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors']
  const half = (i: number) => all.filter((__, at) => at % 2 === i)
  const map = Object.fromEntries(all.map(({ name }, at) => [name, names[at % 2]]))
  return {
    ...rest,
    [names[0] ?? '']: encodeSafetensors(half(0), {}),
    [names[1] ?? '']: encodeSafetensors(half(1), {}),
    'model.safetensors.index.json': utf8(JSON.stringify({ weight_map: map })),
  }
}

/** The file of the model in `folder`. */
async function convertFolder(folder: ModelFolder, name: string): Promise<Uint8Array<ArrayBuffer>> {
  return encodeExactModel(await convertSource(await openFolderModel(folder), name))
}

/** The model without the digests of its sources, which differ where the files do. */
async function converted(of: Files): Promise<string> {
  const bytes = await convertFolder(folderOf(of), 'sample')
  const text = Buffer.from(bytes).toString('latin1')
  return text.replaceAll(/[0-9a-f]{64}/g, '').slice(text.indexOf('"embedding'))
}

describe('converting a folder', () => {
  test('behaviour: F32, F16 and BF16 of the same values give the same weights', async () => {
    const bytes = await convertFolder(folderOf(files()), 'sample')
    expect(await convertFolder(folderOf(files()), 'sample')).toEqual(bytes)
    const [wide, half, brain] = await Promise.all(
      (['F32', 'F16', 'BF16'] as const).map((dtype) => converted(files({}, dtype))),
    )
    expect(half).toBe(wide)
    expect(brain).toBe(wide)
  })

  test('behaviour: shards give the same weights as one file', async () => {
    const weights = (text: string) => text.slice(text.lastIndexOf('}') + 1)
    expect(weights(await converted(sharded()))).toBe(weights(await converted(files())))
  })

  test('behaviour: tokenizer, template and end tokens come along', async () => {
    const text = await openTextModel(bytesSource(await convertFolder(folderOf(files()), 'sample')))
    expect(text.card).toMatchObject({ name: 'sample', tokenizer: 'huggingface', endTokens: [258] })
    expect(text.promptTokens('the')).toEqual([257])
    expect(text.tokenizer.decode(text.chatTokens([{ role: 'user', content: 'the' }]))).toBe('<begin>the')
    expect(() => text.promptTokens('')).toThrow('empty')
  })

  test('behaviour: rotary frequencies and a head beside a tied one are left out', async () => {
    const extra = ['model.layers.0.self_attn.rotary_emb.inv_freq', 'lm_head.weight'].map((name) => ({
      name,
      dtype: 'F32' as const,
      shape: [1],
      bytes: new Uint8Array(4),
    }))
    const own = files({ 'model.safetensors': encodeSafetensors([...tensors('F32'), ...extra], {}) })
    expect(await converted(own)).toBe(await converted(files()))
  })

  test('option: a generation_config.json and a template of its own', async () => {
    const own = files({
      'generation_config.json': utf8('{"eos_token_id": [3, 258]}'),
      'chat_template.jinja': utf8('{{ messages[0].content }}!'),
    })
    const text = await openTextModel(bytesSource(await convertFolder(folderOf(own), 'sample')))
    expect(text.card.endTokens).toEqual([3, 258])
    expect(text.tokenizer.decode(text.chatTokens([{ role: 'user', content: 'Hi' }]))).toBe('Hi!')
  })

  test('error: a template that fails says so', async () => {
    const own = files({ 'chat_template.jinja': utf8("{{ raise_exception('No systems.') }}") })
    const text = await openTextModel(bytesSource(await convertFolder(folderOf(own), 'sample')))
    expect(() => text.chatTokens([{ role: 'system', content: '' }])).toThrow('No systems.')
  })

  const without = (name: string): Files => {
    const { [name]: _, ...rest } = files()
    return rest
  }
  const config = (change: object) => files({ 'config.json': utf8(JSON.stringify({ ...CONFIG, ...change })) })
  const weights = (change: (all: TensorData[]) => TensorData[]) =>
    files({ 'model.safetensors': encodeSafetensors(change(tensors('F32')), {}) })

  test.each([
    ['no config.json', without('config.json'), 'config.json'],
    ['a config.json that is not JSON', files({ 'config.json': utf8('{') }), 'config.json'],
    ['a config.json that is not UTF-8', files({ 'config.json': Uint8Array.of(0xff) }), 'UTF-8'],
    ['no weights', without('model.safetensors'), 'model.safetensors'],
    ['no tokenizer for such a vocabulary', without('tokenizer.json'), 'tokenizer.json'],
    ['a tokenizer larger than the vocabulary', config({ vocab_size: 200 }), 'vocab'],
    ['another architecture', config({ architectures: ['MambaForCausalLM'] }), 'MambaForCausalLM'],
    ['weights of another shape', config({ hidden_size: 32 }), 'embed_tokens'],
    ['a missing tensor', weights((all) => all.slice(1)), 'embed_tokens'],
    [
      'an infinite weight',
      weights((all) => all.map((each, i) => (i === 0 ? { ...each, bytes: infinite(each.bytes) } : each))),
      'Infinity',
    ],
    [
      'a tensor that a Llama does not have',
      weights((all) => [
        ...all,
        { name: 'model.layers.0.self_attn.o_proj.bias', dtype: 'F32', shape: [1], bytes: new Uint8Array(4) },
      ]),
      'o_proj.bias',
    ],
    ['integers for weights', weights((all) => all.map((each) => ({ ...each, dtype: 'I32' as const }))), 'I32'],
    ['a shard that is not there', { ...without('model.safetensors'), ...indexOf('gone.safetensors') }, 'gone'],
    ['an index that is none', { ...without('model.safetensors'), 'model.safetensors.index.json': utf8('[]') }, 'index'],
  ])('error: %s', async (_, own, part) => {
    await expect(convertFolder(folderOf(own), 'sample')).rejects.toMatchObject({
      kind: 'input',
      message: expect.stringContaining(part) as string,
    })
  })
})

function infinite(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice()
  new DataView(copy.buffer).setFloat32(8, Infinity, true)
  return copy
}

function indexOf(name: string): Files {
  return { 'model.safetensors.index.json': utf8(JSON.stringify({ weight_map: { 'model.norm.weight': name } })) }
}
