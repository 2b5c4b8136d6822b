// A float Llama-family model -> exact weights, one tensor in memory at a time. The same source gives the same integers on any machine.
import type { HeadProjection, LayerWeights, ModelWeights } from '#tensor/exact/weights.ts'
import type { WeightMatrix } from '#tensor/exact/linear.ts'
import type { HeadNorm } from '#tensor/exact/head-norm.ts'
import type { Gain } from '#tensor/exact/rms-norm.ts'
import type { ActivationBits } from '#tensor/exact/quantise.ts'
import type { LlamaConfig } from '#model/formats/config.ts'
import type { RopeConfig } from '#model/formats/rope-config.ts'
import { channelBounds, productFractionBits, scaleBound, staticFractionBits } from './bounds.ts'
import { type ConvertedGain, quantiseEpsilon, quantiseGain, quantiseMatrix } from './quantise.ts'
import { attentionScale, ropeFor } from './rope.ts'
import { fixedFromDouble, scoreScale } from './scales.ts'
import { relativeErrorPpm } from './weight-error.ts'

/** The float model as its source gives it: values of a tensor by its Hugging Face name, or null for an optional one that is absent. */
export interface FloatTensors {
  read(name: string, shape: readonly number[]): Promise<Float32Array>
  readOptional(name: string, shape: readonly number[]): Promise<Float32Array | null>
  /** Names of tensors that nobody has read, as the source calls them, where it knows. */
  unread?(): string[]
}

/** What a conversion chooses. Residual fraction bits are 16, fewer for models with massive activations. */
export type ConversionProfile = {
  readonly fractionBits: number
  readonly activationBits: ActivationBits
  readonly keyBits: ActivationBits
}

/** How to convert. */
export type ConversionOptions = {
  /** By default {@link defaultProfile}. */
  readonly profile?: ConversionProfile
  /** Called after each layer. */
  readonly onLayer?: (done: number) => void
  /** Called with the name of each matrix and the relative error (RMS) of its int8 weights in parts per million. */
  readonly onMatrix?: (name: string, errorPpm: number) => void
}

/**
 * W8A16 with int8 keys. Keys stay 16 bits where a few of their channels may be far larger than the others and would eat the range:
 * where projections have biases (Qwen2), and where a gain stands behind the norm over each key (Qwen3).
 */
export function defaultProfile({ architecture }: LlamaConfig): ConversionProfile {
  return {
    fractionBits: 16,
    activationBits: 16,
    keyBits: architecture === 'qwen2' || architecture === 'qwen3' ? 16 : 8,
  }
}

/** The rotary parameters of a config. */
export function ropeOf({ theta, ropeScaling }: LlamaConfig): RopeConfig {
  return { theta, scaling: ropeScaling ?? null }
}

/** Converts the whole model. */
export async function convertLlama(
  config: LlamaConfig,
  tensors: FloatTensors,
  options: ConversionOptions = {},
): Promise<ModelWeights> {
  const { profile = defaultProfile(config), onLayer } = options
  const matrix = matrixReader(tensors, options.onMatrix)
  const { vocabulary, width, layers: layerCount, headDim } = config
  const embedding = await matrix('embedding', 'model.embed_tokens.weight', vocabulary, width)
  const layers: LayerWeights[] = []
  for (let layer = 0; layer < layerCount; layer++) {
    layers.push(await convertLayer(config, tensors, matrix, layer))
    onLayer?.(layer + 1)
  }
  return {
    shape: {
      vocabulary,
      width,
      layers: layerCount,
      heads: config.heads,
      kvHeads: config.kvHeads,
      headDim,
      hidden: config.hidden,
      maxPositions: config.maxPositions,
      ...profile,
    },
    embedding,
    layers,
    norm: plainGain(quantiseGain(await tensors.read('model.norm.weight', [width]))),
    head: config.isTied ? embedding : await matrix('head', 'lm_head.weight', vocabulary, width),
    epsilon: quantiseEpsilon(config.epsilon, width, profile.fractionBits),
    scoreScale: attentionScale(scoreScale(headDim), ropeOf(config)),
    rope: ropeFor(ropeOf(config), headDim, config.maxPositions),
  }
}

/** Reads and quantises a matrix of the source, and tells what that cost under the name it has in the model file. */
type MatrixReader = (name: string, source: string, rows: number, cols: number) => Promise<WeightMatrix>

function matrixReader(tensors: FloatTensors, onMatrix: ConversionOptions['onMatrix']): MatrixReader {
  return async (name, source, rows, cols) => {
    const values = await tensors.read(source, [rows, cols])
    const matrix = quantiseMatrix(values, rows, cols)
    onMatrix?.(name, relativeErrorPpm(values, matrix))
    return matrix
  }
}

async function convertLayer(
  config: LlamaConfig,
  tensors: FloatTensors,
  matrix: MatrixReader,
  layer: number,
): Promise<LayerWeights> {
  const { width, hidden, heads, kvHeads, headDim } = config
  const prefix = `model.layers.${layer}`
  const attentionNorm = quantiseGain(await tensors.read(`${prefix}.input_layernorm.weight`, [width]))
  const feedForwardNorm = quantiseGain(await tensors.read(`${prefix}.post_attention_layernorm.weight`, [width]))
  const head = async (name: 'query' | 'key' | 'value', source: string, rows: number): Promise<HeadProjection> => {
    const weights = await matrix(`${layer}.${name}`, `${prefix}.self_attn.${source}_proj.weight`, rows, width)
    const bias = await tensors.readOptional(`${prefix}.self_attn.${source}_proj.bias`, [rows])
    const fractionBits = staticFractionBits(channelBounds(weights, attentionNorm, bias))
    const fixed = bias === null ? null : Int32Array.from(bias, (value) => fixedFromDouble(value, fractionBits))
    const isNormed = config.architecture === 'qwen3' && name !== 'value'
    const gain = isNormed ? await tensors.read(`${prefix}.self_attn.${source}_norm.weight`, [headDim]) : null
    const norm = gain === null ? null : headNorm(gain, config.epsilon, fractionBits)
    return { weights: { ...weights, bias: fixed }, fractionBits, norm }
  }
  const gate = await matrix(`${layer}.gate`, `${prefix}.mlp.gate_proj.weight`, hidden, width)
  const up = await matrix(`${layer}.up`, `${prefix}.mlp.up_proj.weight`, hidden, width)
  return {
    attentionNorm: plainGain(attentionNorm),
    query: await head('query', 'q', heads * headDim),
    key: await head('key', 'k', kvHeads * headDim),
    value: await head('value', 'v', kvHeads * headDim),
    output: await matrix(`${layer}.output`, `${prefix}.self_attn.o_proj.weight`, width, heads * headDim),
    feedForwardNorm: plainGain(feedForwardNorm),
    gate,
    up,
    down: await matrix(`${layer}.down`, `${prefix}.mlp.down_proj.weight`, width, hidden),
    productFractionBits: productFractionBits(
      channelBounds(gate, feedForwardNorm, null),
      channelBounds(up, feedForwardNorm, null),
    ),
  }
}

/** The norm over the heads of a projection with `fractionBits`. */
function headNorm(values: Float32Array, eps: number, fractionBits: number): HeadNorm {
  const gain = plainGain(quantiseGain(values))
  const epsilon = quantiseEpsilon(eps, values.length, fractionBits)
  return { gain, epsilon, fractionBits: staticFractionBits(scaleBound(gain.scale)) }
}

function plainGain({ q, scale }: ConvertedGain): Gain {
  return { q, scale }
}
