// Writes GGUF files, for tests and for peers of the benchmark; the product only reads them. encodeGguf is the bare container,
// encodeLlamaGguf a whole model that llama.cpp loads, in F32, F16 or Q8_0 (widths in multiples of 32). Use:
//   encodeLlamaGguf({ config, tensors, type: 'Q8_0', tokenizer: byteVocabulary(10) })
// with `config` as parseLlamaConfig gives it, `tensors` by their Hugging Face names, and 10 as the token (a byte) that ends a text.
import { bytesOf, concat, utf8 } from '#core/bytes.ts'
import type { FloatTensors } from '#model/convert/llama.ts'
import { byteSymbols } from '#model/tokenizer.fixture.ts'
import type { LlamaConfig } from './config.ts'
import { GGML_TYPE_NUMBERS } from './ggml-types.ts'
import { ggufName, hasPairedRows, permuteRows } from './gguf-names.ts'

/** A value to write; a typed array is an array of i32 or f32. */
export type GgufWritable =
  | string
  | boolean
  | { readonly u32: number }
  | { readonly f32: number }
  | readonly string[]
  | Int32Array
  | Float32Array

/** A tensor to write, its shape outermost first. */
export type GgufTensorData = {
  readonly name: string
  readonly type: string
  readonly shape: readonly number[]
  readonly bytes: Uint8Array
}

/** Types that {@link encodeFloats} writes. */
export type FloatGgmlType = 'F32' | 'F16' | 'Q8_0'

/** A byte-pair vocabulary as GGUF keeps it: GPT-2's stand-ins for bytes, merges as "a b". */
export type GgufVocabulary = {
  readonly tokens: readonly string[]
  readonly merges: readonly string[]
  /** llama.cpp's name of the pre-tokenizer, e.g. "gpt-2" or "llama-bpe". */
  readonly pre: string
  /** Of each token: 1 normal, 3 control, 4 user-defined; all normal when left out. */
  readonly types?: Int32Array
  readonly begin?: number
  readonly end: number
}

const ALIGNMENT = 32

/** A vocabulary whose tokens are the 256 bytes, `end` being the one that ends a text. */
export function byteVocabulary(end: number): GgufVocabulary {
  return { tokens: byteSymbols(), merges: [], pre: 'gpt-2', end }
}

/** The file of `tensors` in their order, version 3. */
export function encodeGguf(
  metadata: Readonly<Record<string, GgufWritable>>,
  tensors: readonly GgufTensorData[],
): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(metadata)
  const parts: Uint8Array[] = [utf8('GGUF'), u32(3), u64(tensors.length), u64(entries.length)]
  for (const [key, value] of entries) parts.push(text(key), ...valueParts(value))
  let offset = 0
  for (const { name, type, shape, bytes } of tensors) {
    parts.push(text(name), u32(shape.length), ...shape.toReversed().map((dim) => u64(dim)))
    parts.push(u32(GGML_TYPE_NUMBERS[type] ?? 0xffff), u64(offset))
    offset += padded(bytes.length)
  }
  const header = concat(...parts)
  const data = tensors.flatMap(({ bytes }) => [bytes, new Uint8Array(padded(bytes.length) - bytes.length)])
  return concat(header, new Uint8Array(padded(header.length) - header.length), ...data)
}

/** A whole model as llama.cpp's converter writes it. Vectors stay F32, as they do there. */
export async function encodeLlamaGguf(options: {
  readonly config: LlamaConfig
  readonly tensors: FloatTensors
  readonly type: FloatGgmlType
  readonly tokenizer: GgufVocabulary
  readonly chatTemplate?: string
  /** More metadata, which comes before the rest where names are the same. */
  readonly metadata?: Readonly<Record<string, GgufWritable>>
}): Promise<Uint8Array<ArrayBuffer>> {
  const { config, tensors, type, tokenizer, chatTemplate, metadata = {} } = options
  const architecture = config.architecture === 'mistral' ? 'llama' : config.architecture
  const written: GgufTensorData[] = []
  for (const [name, shape] of parameterShapes(config)) {
    const values = await tensors.readOptional(name, shape)
    if (values === null) continue
    const kept = shape.length === 1 ? 'F32' : type
    const rows = hasPairedRows(architecture, name)
      ? permuteRows(values, shape[0] ?? 0, config.headDim, 'pair')
      : Float32Array.from(values)
    written.push({ name: ggufName(name), type: kept, shape, bytes: encodeFloats(rows, kept) })
  }
  return encodeGguf(
    {
      ...modelMetadata(config, architecture),
      ...tokenizerMetadata(tokenizer),
      ...(chatTemplate === undefined ? {} : { 'tokenizer.chat_template': chatTemplate }),
      ...metadata,
    },
    written,
  )
}

/** Values as `type`; Q8_0 takes multiples of 32. */
export function encodeFloats(values: Float32Array<ArrayBuffer>, type: FloatGgmlType): Uint8Array<ArrayBuffer> {
  if (type === 'F32') return bytesOf(values)
  if (type === 'F16') return bytesOf(Uint16Array.from(values, (value) => halfBits(value)))
  const out = new Uint8Array((values.length / 32) * 34)
  const view = new DataView(out.buffer)
  for (let block = 0; block * 32 < values.length; block++) {
    const part = values.subarray(block * 32, block * 32 + 32)
    const d = part.reduce((max, value) => Math.max(max, Math.abs(value)), 0) / 127
    view.setUint16(block * 34, halfBits(d), true)
    for (const [j, value] of part.entries()) view.setInt8(block * 34 + 2 + j, d === 0 ? 0 : Math.round(value / d))
  }
  return out
}

/** Bits of the nearest binary16, ties to even; infinite from 65,520. */
export function halfBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const magnitude = Math.abs(value)
  if (Number.isNaN(value)) return 0x7e00
  if (magnitude >= 65_520) return sign | 0x7c00
  let exponent = 15
  while (exponent > -14 && magnitude < 2 ** exponent) exponent--
  const units = magnitude / 2 ** (exponent - 10)
  const below = Math.floor(units)
  const isUp = units - below > 0.5 || (units - below === 0.5 && below % 2 === 1)
  return sign | (((exponent + 14) << 10) + below + (isUp ? 1 : 0))
}

/** Every tensor that a Llama-family model may have, by its Hugging Face name. */
function parameterShapes(config: LlamaConfig): [string, number[]][] {
  const { vocabulary, width, hidden, heads, kvHeads, headDim, layers, isTied } = config
  const shapes: [string, number[]][] = [['model.embed_tokens.weight', [vocabulary, width]]]
  for (let layer = 0; layer < layers; layer++) {
    const of = (name: string, ...shape: number[]) => shapes.push([`model.layers.${layer}.${name}`, shape])
    of('input_layernorm.weight', width)
    for (const [name, count] of [
      ['q', heads],
      ['k', kvHeads],
      ['v', kvHeads],
    ] as const) {
      of(`self_attn.${name}_proj.weight`, count * headDim, width)
      of(`self_attn.${name}_proj.bias`, count * headDim)
      if (name !== 'v') of(`self_attn.${name}_norm.weight`, headDim)
    }
    of('self_attn.o_proj.weight', width, heads * headDim)
    of('post_attention_layernorm.weight', width)
    of('mlp.gate_proj.weight', hidden, width)
    of('mlp.up_proj.weight', hidden, width)
    of('mlp.down_proj.weight', width, hidden)
  }
  shapes.push(['model.norm.weight', [width]])
  if (!isTied) shapes.push(['lm_head.weight', [vocabulary, width]])
  return shapes
}

function modelMetadata(config: LlamaConfig, architecture: string): Record<string, GgufWritable> {
  const of = (name: string) => `${architecture}.${name}`
  return {
    'general.architecture': architecture,
    'general.alignment': { u32: ALIGNMENT },
    [of('vocab_size')]: { u32: config.vocabulary },
    [of('context_length')]: { u32: config.maxPositions },
    [of('embedding_length')]: { u32: config.width },
    [of('block_count')]: { u32: config.layers },
    [of('feed_forward_length')]: { u32: config.hidden },
    [of('attention.head_count')]: { u32: config.heads },
    [of('attention.head_count_kv')]: { u32: config.kvHeads },
    [of('attention.key_length')]: { u32: config.headDim },
    [of('attention.value_length')]: { u32: config.headDim },
    [of('attention.layer_norm_rms_epsilon')]: { f32: config.epsilon },
    [of('rope.dimension_count')]: { u32: config.headDim },
    [of('rope.freq_base')]: { f32: config.theta },
  }
}

function tokenizerMetadata({ tokens, merges, pre, types, begin, end }: GgufVocabulary): Record<string, GgufWritable> {
  return {
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': pre,
    'tokenizer.ggml.tokens': tokens,
    'tokenizer.ggml.token_type': types ?? new Int32Array(tokens.length).fill(1),
    'tokenizer.ggml.merges': merges,
    'tokenizer.ggml.bos_token_id': { u32: begin ?? end },
    'tokenizer.ggml.eos_token_id': { u32: end },
    'tokenizer.ggml.add_bos_token': begin !== undefined,
  }
}

function valueParts(value: GgufWritable): Uint8Array[] {
  if (typeof value === 'string') return [u32(8), text(value)]
  if (typeof value === 'boolean') return [u32(7), Uint8Array.of(value ? 1 : 0)]
  if (value instanceof Int32Array) return [u32(9), u32(5), u64(value.length), bytesOf(Int32Array.from(value))]
  if (value instanceof Float32Array) return [u32(9), u32(6), u64(value.length), bytesOf(Float32Array.from(value))]
  if ('u32' in value) return [u32(4), u32(value.u32)]
  if ('f32' in value) return [u32(6), bytesOf(Float32Array.of(value.f32))]
  return [u32(9), u32(8), u64(value.length), ...value.map((each) => text(each))]
}

function text(value: string): Uint8Array {
  const bytes = utf8(value)
  return concat(u64(bytes.length), bytes)
}

function u32(value: number): Uint8Array<ArrayBuffer> {
  return bytesOf(Uint32Array.of(value))
}

function u64(value: number): Uint8Array<ArrayBuffer> {
  return bytesOf(BigUint64Array.of(BigInt(value)))
}

function padded(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT
}
