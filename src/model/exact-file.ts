// The exact model file: safetensors of int8 weights, scales and tables, with a canonical JSON header in its metadata. Its content id is the
// model's identity: quantising the same source gives the same bytes anywhere. Files from elsewhere are checked against their own header.
import * as v from 'valibot'
import type { ByteSource } from '#core/byte-source.ts'
import { bytesOf, fromUtf8, utf8 } from '#core/bytes.ts'
import { type JsonBounds, decodeCanonicalJson, encodeCanonicalJson } from '#core/canonical-json.ts'
import { AppError } from '#core/errors.ts'
import { parseAs, textSchema, uintSchema } from '#core/schema.ts'
import type { WeightMatrix } from '#tensor/exact/linear.ts'
import type { Gain } from '#tensor/exact/rms-norm.ts'
import type { Scale } from '#tensor/exact/scale.ts'
import type { HeadProjection, LayerWeights, ModelShape, ModelWeights } from '#tensor/exact/weights.ts'
import { type Safetensors, type TensorData, encodeSafetensors, openSafetensors } from './formats/safetensors.ts'

/** Version of the file's format; raised whenever the meaning of a byte changes. */
export const EXACT_FORMAT = 'commonwatt/exact-model/v1'

/** How text becomes tokens: byte values as they are, or a Hugging Face tokenizer kept in the file. */
export type TokenizerKind = 'bytes' | 'huggingface'

/** What a file says of itself besides its weights. */
export type ModelCard = {
  readonly name: string
  readonly architecture: string
  readonly tokenizer: TokenizerKind
  /** What tokenizers/hugging-face.ts keeps of a Hugging Face tokenizer, else empty. */
  readonly tokenizerJson: string
  /** Jinja template of a chat, else empty. */
  readonly chatTemplate: string
  readonly beginToken: number | null
  readonly endTokens: readonly number[]
  /** SHA-256 of each source file the weights were converted from, by name. */
  readonly sources: Readonly<Record<string, string>>
}

/** A model in memory: weights and card. */
export type ExactModel = { readonly card: ModelCard; readonly weights: ModelWeights }

const HEADER_BOUNDS: JsonBounds = { maxBytes: 2 ** 20, maxDepth: 16 }
const MAX_TOKENIZER_BYTES = 64 * 2 ** 20
const MAX_TEMPLATE = 65_536

const scaleSchema = v.strictObject({
  m: v.pipe(v.number(), v.safeInteger(), v.minValue(2 ** 30), v.maxValue(2 ** 31 - 1)),
  e: v.pipe(v.number(), v.safeInteger(), v.minValue(-4096), v.maxValue(4096)),
})
const bitsSchema = v.picklist([8, 16])
const fractionSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(-64), v.maxValue(15))
const headerSchema = v.strictObject({
  format: v.literal(EXACT_FORMAT),
  name: textSchema(200),
  architecture: textSchema(64),
  tokenizer: v.picklist(['bytes', 'huggingface']),
  chatTemplate: textSchema(MAX_TEMPLATE),
  beginToken: v.nullable(uintSchema(2 ** 20)),
  endTokens: v.pipe(v.array(uintSchema(2 ** 20)), v.maxLength(16)),
  sources: v.record(textSchema(200), textSchema(64)),
  shape: v.strictObject({
    vocabulary: uintSchema(2 ** 20),
    width: uintSchema(2 ** 15),
    layers: v.pipe(uintSchema(512), v.minValue(1)),
    heads: v.pipe(uintSchema(1024), v.minValue(1)),
    kvHeads: v.pipe(uintSchema(1024), v.minValue(1)),
    headDim: v.pipe(uintSchema(512), v.minValue(2), v.multipleOf(2)),
    hidden: uintSchema(2 ** 18),
    fractionBits: v.pipe(uintSchema(16), v.minValue(10)),
    activationBits: bitsSchema,
    keyBits: bitsSchema,
    maxPositions: v.pipe(uintSchema(65_536), v.minValue(1)),
  }),
  isTied: v.boolean(),
  epsilon: v.pipe(v.string(), v.regex(/^[1-9][0-9]{0,19}$/)),
  scoreScale: scaleSchema,
  norm: scaleSchema,
  layers: v.array(
    v.strictObject({
      attentionNorm: scaleSchema,
      feedForwardNorm: scaleSchema,
      query: fractionSchema,
      key: fractionSchema,
      value: fractionSchema,
      hasBias: v.boolean(),
      product: v.pipe(v.number(), v.safeInteger(), v.minValue(10), v.maxValue(15)),
    }),
  ),
})
type Header = v.InferOutput<typeof headerSchema>

/** The file of a model. */
export function encodeExactModel({ card, weights }: ExactModel): Uint8Array<ArrayBuffer> {
  const tensors: TensorData[] = []
  const add = (name: string, data: Int8Array<ArrayBuffer> | Int32Array<ArrayBuffer>, shape: readonly number[]) =>
    tensors.push({ name, dtype: data instanceof Int8Array ? 'I8' : 'I32', shape, bytes: bytesOf(data) })
  const addMatrix = (name: string, { q, m, e, bias, rows, cols }: WeightMatrix) => {
    add(`${name}.m`, m, [rows])
    add(`${name}.e`, e, [rows])
    if (bias !== null) add(`${name}.bias`, bias, [rows])
    add(`${name}.q`, q, [rows, cols])
  }
  const isTied = weights.head === weights.embedding
  // 32-bit tensors first would align better, but one block after another reads from start to end; int8 rows are multiples of 4 bytes.
  addMatrix('embedding', weights.embedding)
  for (const [i, layer] of weights.layers.entries()) {
    add(`${i}.attentionNorm`, layer.attentionNorm.q, [layer.attentionNorm.q.length])
    for (const part of ['query', 'key', 'value'] as const) addMatrix(`${i}.${part}`, layer[part].weights)
    addMatrix(`${i}.output`, layer.output)
    add(`${i}.feedForwardNorm`, layer.feedForwardNorm.q, [layer.feedForwardNorm.q.length])
    for (const part of ['gate', 'up', 'down'] as const) addMatrix(`${i}.${part}`, layer[part])
  }
  add('norm', weights.norm.q, [weights.norm.q.length])
  if (!isTied) addMatrix('head', weights.head)
  const { high, low, pairs } = weights.rope
  add('rope.highCos', high.cos, [high.cos.length / pairs, pairs])
  add('rope.highSin', high.sin, [high.sin.length / pairs, pairs])
  add('rope.lowCos', low.cos, [256, pairs])
  add('rope.lowSin', low.sin, [256, pairs])
  const tokenizer = utf8(card.tokenizerJson)
  tensors.push({ name: 'tokenizer', dtype: 'U8', shape: [tokenizer.length], bytes: tokenizer })
  const header = fromUtf8(encodeCanonicalJson(headerOf(card, weights, isTied)))
  return encodeSafetensors(tensors, { commonwatt: header })
}

/** What a model file says of itself, and how large its model is. Reads the header and the tokenizer's size, no weights. */
export type ModelHeader = { readonly card: Omit<ModelCard, 'tokenizerJson'>; readonly shape: ModelShape }

/** The header of a model file. Throws {@link ExactModelError}. */
export async function readModelHeader(source: ByteSource): Promise<ModelHeader> {
  const header = parseHeader(await openSafetensors(source))
  const { shape, name, architecture, tokenizer, chatTemplate, beginToken, endTokens, sources } = header
  return { card: { name, architecture, tokenizer, chatTemplate, beginToken, endTokens, sources }, shape }
}

/** What the file keeps of its tokenizer. */
export async function readTokenizer(source: ByteSource): Promise<string> {
  return tokenizerText(new TensorReader(await openSafetensors(source)))
}

/** Reads a model file. Throws {@link ExactModelError} when its tensors are not what its header says. */
export async function parseExactModel(source: ByteSource): Promise<ExactModel> {
  const file = await openSafetensors(source)
  const header = parseHeader(file)
  const { shape } = header
  const reader = new TensorReader(file)
  const embedding = await reader.matrix('embedding', shape.vocabulary, shape.width, false)
  const layers: LayerWeights[] = []
  for (const [i, layer] of header.layers.entries()) layers.push(await readLayer(reader, shape, layer, i))
  const pairs = shape.headDim / 2
  const highRows = Math.ceil(shape.maxPositions / 256)
  const weights: ModelWeights = {
    shape,
    embedding,
    layers,
    norm: await reader.gain('norm', shape.width, header.norm),
    head: header.isTied ? embedding : await reader.matrix('head', shape.vocabulary, shape.width, false),
    epsilon: parseEpsilon(header.epsilon),
    scoreScale: header.scoreScale,
    rope: {
      pairs,
      positions: 256 * highRows,
      high: {
        cos: await reader.i32('rope.highCos', [highRows, pairs]),
        sin: await reader.i32('rope.highSin', [highRows, pairs]),
      },
      low: { cos: await reader.i32('rope.lowCos', [256, pairs]), sin: await reader.i32('rope.lowSin', [256, pairs]) },
    },
  }
  const tokenizerJson = await tokenizerText(reader)
  const { name, architecture, tokenizer, chatTemplate, beginToken, endTokens, sources } = header
  return {
    card: { name, architecture, tokenizer, tokenizerJson, chatTemplate, beginToken, endTokens, sources },
    weights,
  }
}

async function tokenizerText(reader: TensorReader): Promise<string> {
  try {
    return fromUtf8(await reader.bytes('tokenizer', MAX_TOKENIZER_BYTES))
  } catch (cause) {
    if (cause instanceof TypeError) throw new ExactModelError('has a tokenizer that is not UTF-8', { cause })
    throw cause
  }
}

function headerOf(card: ModelCard, weights: ModelWeights, isTied: boolean) {
  const { name, architecture, tokenizer, chatTemplate, beginToken, endTokens, sources } = card
  const scale = ({ m, e }: Scale) => ({ m, e })
  return {
    format: EXACT_FORMAT,
    name,
    architecture,
    tokenizer,
    chatTemplate,
    beginToken,
    endTokens,
    sources,
    shape: weights.shape,
    isTied,
    epsilon: weights.epsilon.toString(),
    scoreScale: scale(weights.scoreScale),
    norm: scale(weights.norm.scale),
    layers: weights.layers.map((layer) => ({
      attentionNorm: scale(layer.attentionNorm.scale),
      feedForwardNorm: scale(layer.feedForwardNorm.scale),
      query: layer.query.fractionBits,
      key: layer.key.fractionBits,
      value: layer.value.fractionBits,
      hasBias: layer.query.weights.bias !== null,
      product: layer.productFractionBits,
    })),
  }
}

function parseHeader(file: Safetensors): Header {
  const text = file.metadata.commonwatt
  if (text === undefined) throw new ExactModelError('has no commonwatt header: it is not an exact model')
  const header = parseAs(headerSchema, decodeCanonicalJson(utf8(text), HEADER_BOUNDS), 'model header')
  if (header.layers.length !== header.shape.layers)
    throw new ExactModelError(`describes ${header.layers.length} layers of ${header.shape.layers}`)
  if (header.shape.heads % header.shape.kvHeads !== 0)
    throw new ExactModelError(`has ${header.shape.heads} heads in ${header.shape.kvHeads} groups`)
  return header
}

function parseEpsilon(text: string): bigint {
  const epsilon = BigInt(text)
  if (epsilon >= 1n << 64n) throw new ExactModelError(`has an epsilon of ${text}, past 64 bits`)
  return epsilon
}

async function readLayer(
  reader: TensorReader,
  shape: ModelShape,
  header: Header['layers'][number],
  i: number,
): Promise<LayerWeights> {
  const { width, hidden, heads, kvHeads, headDim } = shape
  const projection = async (name: 'query' | 'key' | 'value', rows: number): Promise<HeadProjection> => ({
    weights: await reader.matrix(`${i}.${name}`, rows, width, header.hasBias),
    fractionBits: header[name],
    norm: null,
  })
  return {
    attentionNorm: await reader.gain(`${i}.attentionNorm`, width, header.attentionNorm),
    query: await projection('query', heads * headDim),
    key: await projection('key', kvHeads * headDim),
    value: await projection('value', kvHeads * headDim),
    output: await reader.matrix(`${i}.output`, width, heads * headDim, false),
    feedForwardNorm: await reader.gain(`${i}.feedForwardNorm`, width, header.feedForwardNorm),
    gate: await reader.matrix(`${i}.gate`, hidden, width, false),
    up: await reader.matrix(`${i}.up`, hidden, width, false),
    down: await reader.matrix(`${i}.down`, width, hidden, false),
    productFractionBits: header.product,
  }
}

/** Reads tensors whose shapes are known beforehand: the sizes are compared before any byte is read. */
class TensorReader {
  readonly #file: Safetensors

  constructor(file: Safetensors) {
    this.#file = file
  }

  async i32(name: string, shape: readonly number[]): Promise<Int32Array<ArrayBuffer>> {
    this.#assert(name, 'I32', shape)
    return new Int32Array((await this.#file.read(name)).buffer)
  }

  async gain(name: string, width: number, scale: Scale): Promise<Gain> {
    return { q: await this.i32(name, [width]), scale }
  }

  async matrix(name: string, rows: number, cols: number, hasBias: boolean): Promise<WeightMatrix> {
    this.#assert(`${name}.q`, 'I8', [rows, cols])
    const m = await this.i32(`${name}.m`, [rows])
    const e = await this.i32(`${name}.e`, [rows])
    if (m.some((value) => value < 2 ** 30)) throw new ExactModelError(`has a scale in "${name}.m" below 2^30`)
    if (e.some((value) => value < -4096 || value > 4096))
      throw new ExactModelError(`has an exponent in "${name}.e" past ±4096`)
    const q = new Int8Array((await this.#file.read(`${name}.q`)).buffer)
    return { rows, cols, q, m, e, bias: hasBias ? await this.i32(`${name}.bias`, [rows]) : null }
  }

  async bytes(name: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    const size = this.#file.tensors.get(name)?.sizeBytes ?? 0
    if (size > maxBytes) throw new ExactModelError(`has ${size} bytes of "${name}", more than ${maxBytes}`)
    return this.#file.read(name)
  }

  #assert(name: string, dtype: string, shape: readonly number[]): void {
    const entry = this.#file.tensors.get(name)
    if (entry === undefined) throw new ExactModelError(`has no tensor "${name}"`)
    if (entry.dtype !== dtype || entry.shape.length !== shape.length || entry.shape.some((dim, i) => dim !== shape[i]))
      throw new ExactModelError(
        `has "${name}" as ${entry.dtype} (${entry.shape.join(', ')}), not ${dtype} (${shape.join(', ')})`,
      )
  }
}

/** A file is not the exact model that its header describes. */
export class ExactModelError extends AppError {
  override readonly name = 'model.ExactModel'
  constructor(problem: string, options?: ErrorOptions) {
    super('input', `The model file ${problem}.`, options)
  }
}
