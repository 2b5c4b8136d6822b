// The header of an exact model file: canonical JSON that fixes every size, scale and fraction before a tensor is looked at.
import * as v from 'valibot'
import { fromUtf8, utf8 } from '#core/bytes.ts'
import { type JsonBounds, decodeCanonicalJson, encodeCanonicalJson } from '#core/canonical-json.ts'
import { parseAs, textSchema, uintSchema } from '#core/schema.ts'
import type { Scale } from '#tensor/exact/scale.ts'
import type { HeadProjection, ModelWeights } from '#tensor/exact/weights.ts'
import type { ModelCard } from './card.ts'
import { ExactModelError } from './exact-tensors.ts'
import type { Safetensors } from './formats/safetensors.ts'

/** Version of the file's format; raised whenever the meaning of a byte changes. */
export const EXACT_FORMAT = 'commonwatt/exact-model/v2'

const HEADER_BOUNDS: JsonBounds = { maxBytes: 2 ** 20, maxDepth: 16 }
const MAX_TEMPLATE = 65_536

const scaleSchema = v.strictObject({
  m: v.pipe(v.number(), v.safeInteger(), v.minValue(2 ** 30), v.maxValue(2 ** 31 - 1)),
  e: v.pipe(v.number(), v.safeInteger(), v.minValue(-4096), v.maxValue(4096)),
})
const bitsSchema = v.picklist([8, 16])
const fractionSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(-64), v.maxValue(15))
const epsilonSchema = v.pipe(v.string(), v.regex(/^[1-9][0-9]{0,19}$/))
const projectionSchema = v.strictObject({
  fractionBits: fractionSchema,
  hasBias: v.boolean(),
  norm: v.nullable(v.strictObject({ gain: scaleSchema, epsilon: epsilonSchema, fractionBits: fractionSchema })),
})
const calibrationSchema = v.strictObject({
  text: textSchema(64),
  positions: uintSchema(65_536),
  residualBits: uintSchema(30),
  saturated: uintSchema(),
  milliBits: uintSchema(),
  weightErrors: v.record(textSchema(64), uintSchema()),
})
const headerSchema = v.strictObject({
  format: v.literal(EXACT_FORMAT, ({ received }) => `not ${EXACT_FORMAT} but ${received}`),
  name: textSchema(200),
  architecture: textSchema(64),
  tokenizer: v.picklist(['bytes', 'huggingface']),
  chatTemplate: textSchema(MAX_TEMPLATE),
  beginToken: v.nullable(uintSchema(2 ** 20)),
  endTokens: v.pipe(v.array(uintSchema(2 ** 20)), v.maxLength(16)),
  sources: v.record(textSchema(200), textSchema(64)),
  rope: v.record(textSchema(64), textSchema(8192)),
  calibration: v.nullable(calibrationSchema),
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
  epsilon: epsilonSchema,
  scoreScale: scaleSchema,
  norm: scaleSchema,
  layers: v.array(
    v.strictObject({
      attentionNorm: scaleSchema,
      feedForwardNorm: scaleSchema,
      query: projectionSchema,
      key: projectionSchema,
      value: v.strictObject({ ...projectionSchema.entries, norm: v.null() }),
      product: v.pipe(v.number(), v.safeInteger(), v.minValue(10), v.maxValue(15)),
    }),
  ),
})
/** The parsed header. */
export type Header = v.InferOutput<typeof headerSchema>

/** The header's text of a model. */
export function encodeHeader(card: ModelCard, weights: ModelWeights): string {
  const scale = ({ m, e }: Scale) => ({ m, e })
  const projection = ({ weights: { bias }, fractionBits, norm }: HeadProjection) => ({
    fractionBits,
    hasBias: bias !== null,
    norm: norm && {
      gain: scale(norm.gain.scale),
      epsilon: norm.epsilon.toString(),
      fractionBits: norm.fractionBits,
    },
  })
  const header: Header = {
    format: EXACT_FORMAT,
    name: card.name,
    architecture: card.architecture,
    tokenizer: card.tokenizer,
    chatTemplate: card.chatTemplate,
    beginToken: card.beginToken,
    endTokens: [...card.endTokens],
    sources: card.sources,
    rope: card.rope,
    calibration: card.calibration,
    shape: weights.shape,
    isTied: weights.head === weights.embedding,
    epsilon: weights.epsilon.toString(),
    scoreScale: scale(weights.scoreScale),
    norm: scale(weights.norm.scale),
    layers: weights.layers.map((layer) => ({
      attentionNorm: scale(layer.attentionNorm.scale),
      feedForwardNorm: scale(layer.feedForwardNorm.scale),
      query: projection(layer.query),
      key: projection(layer.key),
      value: { ...projection(layer.value), norm: null },
      product: layer.productFractionBits,
    })),
  }
  return fromUtf8(encodeCanonicalJson(header))
}

/** The header of an open file. Throws {@link ExactModelError}. */
export function parseHeader(file: Safetensors): Header {
  const text = file.metadata.commonwatt
  if (text === undefined) throw new ExactModelError('has no commonwatt header: it is not an exact model')
  const header = parseAs(headerSchema, decodeCanonicalJson(utf8(text), HEADER_BOUNDS), 'model header')
  if (header.layers.length !== header.shape.layers)
    throw new ExactModelError(`describes ${header.layers.length} layers of ${header.shape.layers}`)
  if (header.shape.heads % header.shape.kvHeads !== 0)
    throw new ExactModelError(`has ${header.shape.heads} heads in ${header.shape.kvHeads} groups`)
  return header
}

/** An epsilon of 64 bits. Throws {@link ExactModelError}. */
export function parseEpsilon(text: string): bigint {
  const epsilon = BigInt(text)
  if (epsilon >= 1n << 64n) throw new ExactModelError(`has an epsilon of ${text}, past 64 bits`)
  return epsilon
}
