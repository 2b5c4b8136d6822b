// The exact model file: safetensors of int8 weights, scales and tables, with a canonical JSON header in its metadata. Its content id is the
// model's identity: quantising the same source gives the same bytes anywhere. Files from elsewhere are checked against their own header.
import type { ByteSource } from '#core/byte-source.ts'
import { bytesOf, concat, fromUtf8, utf8 } from '#core/bytes.ts'
import type { HeadNorm } from '#tensor/exact/head-norm.ts'
import type { WeightMatrix } from '#tensor/exact/linear.ts'
import type { HeadProjection, LayerWeights, ModelShape, ModelWeights } from '#tensor/exact/weights.ts'
import type { ModelCard } from './card.ts'
import { type Header, encodeHeader, parseEpsilon, parseHeader } from './exact-header.ts'
import { ExactModelError, TensorReader } from './exact-tensors.ts'
import { type TensorData, openSafetensors, safetensorsParts } from './formats/safetensors.ts'

const MAX_TOKENIZER_BYTES = 64 * 2 ** 20

/** A model in memory: weights and card. */
export type ExactModel = { readonly card: ModelCard; readonly weights: ModelWeights }

/** The file of a model. */
export function encodeExactModel(model: ExactModel): Uint8Array<ArrayBuffer> {
  return concat(...exactModelParts(model))
}

/** The file of a model in parts, most of which are views of its weights: nothing is copied. */
export function exactModelParts({ card, weights }: ExactModel): Uint8Array[] {
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
    for (const part of ['query', 'key', 'value'] as const) {
      addMatrix(`${i}.${part}`, layer[part].weights)
      const gain = layer[part].norm?.gain.q
      if (gain !== undefined) add(`${i}.${part}.norm`, gain, [gain.length])
    }
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
  return safetensorsParts(tensors, { commonwatt: encodeHeader(card, weights) })
}

/** What a model file says of itself, and how large its model is. Reads the header and the tokenizer's size, no weights. */
export type ModelHeader = { readonly card: Omit<ModelCard, 'tokenizerJson'>; readonly shape: ModelShape }

/** The header of a model file. Throws {@link ExactModelError}. */
export async function readModelHeader(source: ByteSource): Promise<ModelHeader> {
  const header = parseHeader(await openSafetensors(source))
  return { card: cardOf(header), shape: header.shape }
}

/** What the file keeps of its tokenizer. */
export async function readTokenizer(source: ByteSource): Promise<string> {
  return tokenizerText(new TensorReader(await openSafetensors(source)))
}

/** Reads a model file. Throws {@link ExactModelError} when its tensors are not what its header says. */
export async function parseExactModel(source: ByteSource): Promise<ExactModel> {
  const { header, reader } = await openModel(source)
  const { shape } = header
  const embedding = await reader.matrix('embedding', shape.vocabulary, shape.width, false)
  const layers: LayerWeights[] = []
  for (const [i, layer] of header.layers.entries()) layers.push(await readLayer(reader, shape, layer, i))
  const weights: ModelWeights = {
    shape,
    embedding,
    layers,
    norm: await reader.gain('norm', shape.width, header.norm),
    head: header.isTied ? embedding : await reader.matrix('head', shape.vocabulary, shape.width, false),
    epsilon: parseEpsilon(header.epsilon),
    scoreScale: header.scoreScale,
    rope: await readRope(reader, shape),
  }
  return { card: { ...cardOf(header), tokenizerJson: await tokenizerText(reader) }, weights }
}

/** Checks a model file as {@link parseExactModel} does, one tensor in memory at a time, and gives its header. */
export async function assertExactModel(source: ByteSource): Promise<ModelHeader> {
  const { header, reader } = await openModel(source)
  const { shape } = header
  await reader.matrix('embedding', shape.vocabulary, shape.width, false)
  for (const [i, layer] of header.layers.entries()) await readLayer(reader, shape, layer, i)
  await reader.gain('norm', shape.width, header.norm)
  if (!header.isTied) await reader.matrix('head', shape.vocabulary, shape.width, false)
  parseEpsilon(header.epsilon)
  await readRope(reader, shape)
  await tokenizerText(reader)
  return { card: cardOf(header), shape }
}

async function openModel(source: ByteSource): Promise<{ header: Header; reader: TensorReader }> {
  const file = await openSafetensors(source)
  return { header: parseHeader(file), reader: new TensorReader(file) }
}

async function readRope(reader: TensorReader, { headDim, maxPositions }: ModelShape): Promise<ModelWeights['rope']> {
  const pairs = headDim / 2
  const highRows = Math.ceil(maxPositions / 256)
  return {
    pairs,
    positions: 256 * highRows,
    high: {
      cos: await reader.i32('rope.highCos', [highRows, pairs]),
      sin: await reader.i32('rope.highSin', [highRows, pairs]),
    },
    low: { cos: await reader.i32('rope.lowCos', [256, pairs]), sin: await reader.i32('rope.lowSin', [256, pairs]) },
  }
}

function cardOf(header: Header): ModelHeader['card'] {
  const { name, architecture, tokenizer, chatTemplate, beginToken, endTokens, sources, rope, calibration } = header
  return { name, architecture, tokenizer, chatTemplate, beginToken, endTokens, sources, rope, calibration }
}

async function tokenizerText(reader: TensorReader): Promise<string> {
  try {
    return fromUtf8(await reader.bytes('tokenizer', MAX_TOKENIZER_BYTES))
  } catch (cause) {
    if (cause instanceof TypeError) throw new ExactModelError('has a tokenizer that is not UTF-8', { cause })
    throw cause
  }
}

async function readLayer(
  reader: TensorReader,
  shape: ModelShape,
  header: Header['layers'][number],
  i: number,
): Promise<LayerWeights> {
  const { width, hidden, heads, kvHeads, headDim } = shape
  const projection = async (name: 'query' | 'key' | 'value', rows: number): Promise<HeadProjection> => {
    const { fractionBits, hasBias, norm } = header[name]
    return {
      weights: await reader.matrix(`${i}.${name}`, rows, width, hasBias),
      fractionBits,
      norm: norm && (await readNorm(reader, norm, `${i}.${name}.norm`, headDim)),
    }
  }
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

async function readNorm(
  reader: TensorReader,
  { gain, epsilon, fractionBits }: NonNullable<Header['layers'][number]['query']['norm']>,
  name: string,
  headDim: number,
): Promise<HeadNorm> {
  return { gain: await reader.gain(name, headDim, gain), epsilon: parseEpsilon(epsilon), fractionBits }
}
