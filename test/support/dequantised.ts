// An exact model as floats: what its integers stand for, to the last bit that a float holds. For peers that compute in floats.
import type { FloatTensors } from '#model/convert/llama.ts'
import type { WeightMatrix } from '#tensor/exact/linear.ts'
import type { Gain } from '#tensor/exact/rms-norm.ts'
import type { ModelWeights } from '#tensor/exact/weights.ts'

/** Tensors by their Hugging Face names, of a model without biases and head norms. */
export function dequantisedTensors(weights: ModelWeights): FloatTensors {
  const tensors = new Map<string, () => Float32Array<ArrayBuffer>>()
  const addMatrix = (name: string, matrix: WeightMatrix) => tensors.set(`${name}.weight`, () => floatsOf(matrix))
  const addGain = (name: string, gain: Gain) => tensors.set(`${name}.weight`, () => gainsOf(gain))
  addMatrix('model.embed_tokens', weights.embedding)
  addMatrix('lm_head', weights.head)
  addGain('model.norm', weights.norm)
  for (const [i, layer] of weights.layers.entries()) {
    const prefix = `model.layers.${i}`
    addGain(`${prefix}.input_layernorm`, layer.attentionNorm)
    addGain(`${prefix}.post_attention_layernorm`, layer.feedForwardNorm)
    for (const [name, { weights }] of [
      ['q', layer.query],
      ['k', layer.key],
      ['v', layer.value],
    ] as const)
      addMatrix(`${prefix}.self_attn.${name}_proj`, weights)
    addMatrix(`${prefix}.self_attn.o_proj`, layer.output)
    for (const name of ['gate', 'up', 'down'] as const) addMatrix(`${prefix}.mlp.${name}_proj`, layer[name])
  }
  return {
    async read(name) {
      const tensor = tensors.get(name)
      if (tensor === undefined) throw new RangeError(`The model has no tensor ${name}.`)
      return tensor()
    },
    readOptional: async (name) => tensors.get(name)?.() ?? null,
  }
}

/** q·m·2^-e by row. */
function floatsOf({ cols, e, m, q }: WeightMatrix): Float32Array<ArrayBuffer> {
  return Float32Array.from(q, (value, i) => {
    const row = Math.floor(i / cols)
    return value * (m[row] ?? 0) * 2 ** -(e[row] ?? 0)
  })
}

/** q in Q30 times the scale, which holds sqrt(D) too. */
function gainsOf({ q, scale }: Gain): Float32Array<ArrayBuffer> {
  return Float32Array.from(q, (value) => (value * 2 ** -30 * scale.m * 2 ** -scale.e) / Math.sqrt(q.length))
}
