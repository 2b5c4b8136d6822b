// A float Llama-family model -> exact weights, one tensor in memory at a time. The same source gives the same integers on any machine.
import type { HeadProjection, LayerWeights, ModelWeights } from '#tensor/exact/weights.ts'
import type { WeightMatrix } from '#tensor/exact/linear.ts'
import type { Gain } from '#tensor/exact/rms-norm.ts'
import type { ActivationBits } from '#tensor/exact/quantise.ts'
import { type RopeTables, ropeFrequencies, ropeTables } from '#tensor/exact/tables.ts'
import type { LlamaConfig } from '#model/formats/config.ts'
import { channelBounds, productFractionBits, staticFractionBits } from './bounds.ts'
import { type ConvertedGain, quantiseEpsilon, quantiseGain, quantiseMatrix } from './quantise.ts'
import { decompose, fixedFromDouble, scoreScale } from './scales.ts'

/** The float model as its source gives it: values of a tensor by its Hugging Face name, or null for an optional one that is absent. */
export interface FloatTensors {
  read(name: string, shape: readonly number[]): Promise<Float32Array>
  readOptional(name: string, shape: readonly number[]): Promise<Float32Array | null>
}

/** What a conversion chooses. Residual fraction bits are 16, fewer for models with massive activations. */
export type ConversionProfile = {
  readonly fractionBits: number
  readonly activationBits: ActivationBits
  readonly keyBits: ActivationBits
}

/** W8A16 with int8 keys; where projections have biases keys stay 16 bits, since a large key bias would eat their range. */
export function defaultProfile(config: LlamaConfig): ConversionProfile {
  return { fractionBits: 16, activationBits: 16, keyBits: config.architecture === 'qwen2' ? 16 : 8 }
}

/** Converts the whole model. `onLayer` is called after each layer. */
export async function convertLlama(
  config: LlamaConfig,
  tensors: FloatTensors,
  profile: ConversionProfile = defaultProfile(config),
  onLayer?: (done: number) => void,
): Promise<ModelWeights> {
  const { vocabulary, width, layers: layerCount, headDim } = config
  const embedding = await matrix(tensors, 'model.embed_tokens.weight', vocabulary, width)
  const layers: LayerWeights[] = []
  for (let layer = 0; layer < layerCount; layer++) {
    layers.push(await convertLayer(config, tensors, layer))
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
    head: config.isTied ? embedding : await matrix(tensors, 'lm_head.weight', vocabulary, width),
    epsilon: quantiseEpsilon(config.epsilon, width, profile.fractionBits),
    scoreScale: scoreScale(headDim),
    rope: ropeFor(config.theta, headDim, config.maxPositions),
  }
}

/** RoPE tables for a double `theta`, taken as the exact rational it is. */
export function ropeFor(theta: number, headDim: number, positions: number): RopeTables {
  const { mantissa, exponent } = decompose(theta)
  const rational =
    exponent >= 0
      ? { numerator: mantissa << BigInt(exponent), denominator: 1n }
      : { numerator: mantissa, denominator: 1n << BigInt(-exponent) }
  return ropeTables(ropeFrequencies(rational, headDim / 2), Math.ceil(positions / 256))
}

async function convertLayer(config: LlamaConfig, tensors: FloatTensors, layer: number): Promise<LayerWeights> {
  const { width, hidden, heads, kvHeads, headDim } = config
  const prefix = `model.layers.${layer}`
  const attentionNorm = quantiseGain(await tensors.read(`${prefix}.input_layernorm.weight`, [width]))
  const feedForwardNorm = quantiseGain(await tensors.read(`${prefix}.post_attention_layernorm.weight`, [width]))
  const head = (name: string, rows: number) =>
    headProjection(tensors, `${prefix}.self_attn.${name}`, rows, attentionNorm)
  const gate = await matrix(tensors, `${prefix}.mlp.gate_proj.weight`, hidden, width)
  const up = await matrix(tensors, `${prefix}.mlp.up_proj.weight`, hidden, width)
  return {
    attentionNorm: plainGain(attentionNorm),
    query: await head('q_proj', heads * headDim),
    key: await head('k_proj', kvHeads * headDim),
    value: await head('v_proj', kvHeads * headDim),
    output: await matrix(tensors, `${prefix}.self_attn.o_proj.weight`, width, heads * headDim),
    feedForwardNorm: plainGain(feedForwardNorm),
    gate,
    up,
    down: await matrix(tensors, `${prefix}.mlp.down_proj.weight`, width, hidden),
    productFractionBits: productFractionBits(
      channelBounds(gate, feedForwardNorm, null),
      channelBounds(up, feedForwardNorm, null),
    ),
  }
}

function plainGain({ q, scale }: ConvertedGain): Gain {
  return { q, scale }
}

async function headProjection(
  tensors: FloatTensors,
  name: string,
  rows: number,
  norm: ConvertedGain,
): Promise<HeadProjection> {
  const weights = await matrix(tensors, `${name}.weight`, rows, norm.q.length)
  const bias = await tensors.readOptional(`${name}.bias`, [rows])
  const fractionBits = staticFractionBits(channelBounds(weights, norm, bias))
  const fixed = bias === null ? null : Int32Array.from(bias, (value) => fixedFromDouble(value, fractionBits))
  return { weights: { ...weights, bias: fixed }, fractionBits, norm: null }
}

async function matrix(tensors: FloatTensors, name: string, rows: number, cols: number): Promise<WeightMatrix> {
  return quantiseMatrix(await tensors.read(name, [rows, cols]), rows, cols)
}
