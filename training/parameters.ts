// The parameters in one run of memory, with their gradients and the optimiser's two means in runs of the same layout.
import type { Random } from '#core/random.ts'
import type { LlamaConfig } from '#model/formats/config.ts'
import type { Arena } from './kernels.ts'

/** Addresses of one layer's tensors. */
export type LayerAddresses = {
  readonly attentionNorm: number
  readonly query: number
  readonly key: number
  readonly value: number
  readonly output: number
  readonly feedForwardNorm: number
  readonly gate: number
  readonly up: number
  readonly down: number
}

/** Addresses of all tensors of one copy. */
export type Addresses = {
  readonly embedding: number
  readonly layers: readonly LayerAddresses[]
  readonly norm: number
}

/** One tensor by its Hugging Face name; `offset` counts floats from the start of a run. */
export type ParameterTensor = { readonly name: string; readonly shape: readonly number[]; readonly offset: number }

/** Weights, gradients and the optimiser's state. Matrices come first: only they decay. */
export type Parameters = {
  readonly tensors: readonly ParameterTensor[]
  readonly count: number
  readonly matrixCount: number
  readonly start: {
    readonly weights: number
    readonly gradients: number
    readonly mean: number
    readonly square: number
  }
  readonly weights: Addresses
  readonly gradients: Addresses
}

/** Names and shapes of all tensors, matrices first. */
export function parameterTensors(config: LlamaConfig): ParameterTensor[] {
  const { vocabulary, width, hidden, layers, heads, kvHeads, headDim } = config
  const shapes: [string, number[]][] = [['model.embed_tokens.weight', [vocabulary, width]]]
  for (let i = 0; i < layers; i++) {
    const prefix = `model.layers.${i}`
    shapes.push(
      [`${prefix}.self_attn.q_proj.weight`, [heads * headDim, width]],
      [`${prefix}.self_attn.k_proj.weight`, [kvHeads * headDim, width]],
      [`${prefix}.self_attn.v_proj.weight`, [kvHeads * headDim, width]],
      [`${prefix}.self_attn.o_proj.weight`, [width, heads * headDim]],
      [`${prefix}.mlp.gate_proj.weight`, [hidden, width]],
      [`${prefix}.mlp.up_proj.weight`, [hidden, width]],
      [`${prefix}.mlp.down_proj.weight`, [width, hidden]],
    )
  }
  for (let i = 0; i < layers; i++)
    for (const name of ['input_layernorm', 'post_attention_layernorm'])
      shapes.push([`model.layers.${i}.${name}.weight`, [width]])
  shapes.push(['model.norm.weight', [width]])
  let offset = 0
  return shapes.map(([name, shape]) => {
    const tensor = { name, shape, offset }
    offset += shape.reduce((product, dim) => product * dim, 1)
    return tensor
  })
}

/** Takes memory for all runs. */
export function createParameters(config: LlamaConfig, arena: Arena): Parameters {
  const tensors = parameterTensors(config)
  const count = elements(tensors)
  const matrixCount = elements(tensors.filter(({ shape }) => shape.length === 2))
  const start = {
    weights: arena.take(count),
    gradients: arena.take(count),
    mean: arena.take(count),
    square: arena.take(count),
  }
  const weights = addresses(config, tensors, start.weights)
  return { tensors, count, matrixCount, start, weights, gradients: addresses(config, tensors, start.gradients) }
}

/** Gains 1; matrices uniform with standard deviation 1/sqrt(inputs), those that write to the residual less by sqrt(2·layers). */
export function initialise(
  config: LlamaConfig,
  tensors: readonly ParameterTensor[],
  run: Float32Array,
  random: Random,
): void {
  for (const { name, shape, offset } of tensors) {
    const [rows = 0, cols = 1] = shape
    const values = run.subarray(offset, offset + rows * cols)
    if (shape.length === 1) {
      values.fill(1)
      continue
    }
    const writesResidual = name.endsWith('o_proj.weight') || name.endsWith('down_proj.weight')
    const deviation = name.includes('embed') ? 0.05 : 1 / Math.sqrt(cols * (writesResidual ? 2 * config.layers : 1))
    const words = new Uint32Array(random.bytes(4 * values.length).buffer)
    for (let i = 0; i < values.length; i++) values[i] = ((words[i] ?? 0) / 2 ** 31 - 1) * Math.sqrt(3) * deviation
  }
}

function elements(tensors: readonly ParameterTensor[]): number {
  return tensors.reduce((sum, { shape }) => sum + shape.reduce((product, dim) => product * dim, 1), 0)
}

function addresses(config: LlamaConfig, tensors: readonly ParameterTensor[], start: number): Addresses {
  const at = (name: string) => start + 4 * (tensors.find((tensor) => tensor.name === `${name}.weight`)?.offset ?? 0)
  return {
    embedding: at('model.embed_tokens'),
    norm: at('model.norm'),
    layers: Array.from({ length: config.layers }, (_, i) => {
      const prefix = `model.layers.${i}`
      return {
        attentionNorm: at(`${prefix}.input_layernorm`),
        query: at(`${prefix}.self_attn.q_proj`),
        key: at(`${prefix}.self_attn.k_proj`),
        value: at(`${prefix}.self_attn.v_proj`),
        output: at(`${prefix}.self_attn.o_proj`),
        feedForwardNorm: at(`${prefix}.post_attention_layernorm`),
        gate: at(`${prefix}.mlp.gate_proj`),
        up: at(`${prefix}.mlp.up_proj`),
        down: at(`${prefix}.mlp.down_proj`),
      }
    }),
  }
}
