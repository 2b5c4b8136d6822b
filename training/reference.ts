// The float model in doubles, as plainly as possible: what the exact model is measured against. Nothing here is quantised.
import { type FloatTensors, ropeOf } from '#model/convert/llama.ts'
import type { LlamaConfig } from '#model/formats/config.ts'
import { type FloatRope, floatRope } from './float-rope.ts'

type Matrix = { readonly rows: number; readonly cols: number; readonly values: Float64Array }

/** A projection to heads: (heads·headDim, width), with a bias and a gain over each head where the model has them. */
type Heads = Matrix & { readonly bias: Float64Array | null; readonly gain: Float64Array | null }

type ReferenceLayer = {
  readonly attentionNorm: Float64Array
  readonly query: Heads
  readonly key: Heads
  readonly value: Heads
  readonly output: Matrix
  readonly feedForwardNorm: Float64Array
  readonly gate: Matrix
  readonly up: Matrix
  readonly down: Matrix
}

/** A float64 model. */
export type ReferenceModel = {
  readonly config: LlamaConfig
  readonly embedding: Matrix
  readonly layers: readonly ReferenceLayer[]
  readonly norm: Float64Array
  readonly head: Matrix
}

/** Widens a float model. */
export async function loadReference(config: LlamaConfig, tensors: FloatTensors): Promise<ReferenceModel> {
  const { vocabulary, width, hidden, heads, kvHeads, headDim } = config
  const vector = async (name: string) => Float64Array.from(await tensors.read(`${name}.weight`, [width]))
  const matrix = async (name: string, rows: number, cols: number): Promise<Matrix> => ({
    rows,
    cols,
    values: Float64Array.from(await tensors.read(`${name}.weight`, [rows, cols])),
  })
  const projection = async (name: string, rows: number): Promise<Heads> => {
    const isNormed = config.architecture === 'qwen3' && !name.endsWith('v_proj')
    const bias = await tensors.readOptional(`${name}.bias`, [rows])
    const gain = isNormed ? await tensors.read(`${name.replace('proj', 'norm')}.weight`, [headDim]) : null
    return {
      ...(await matrix(name, rows, width)),
      bias: bias && Float64Array.from(bias),
      gain: gain && Float64Array.from(gain),
    }
  }
  const embedding = await matrix('model.embed_tokens', vocabulary, width)
  const layers: ReferenceLayer[] = []
  for (let i = 0; i < config.layers; i++) {
    const prefix = `model.layers.${i}`
    layers.push({
      attentionNorm: await vector(`${prefix}.input_layernorm`),
      query: await projection(`${prefix}.self_attn.q_proj`, heads * headDim),
      key: await projection(`${prefix}.self_attn.k_proj`, kvHeads * headDim),
      value: await projection(`${prefix}.self_attn.v_proj`, kvHeads * headDim),
      output: await matrix(`${prefix}.self_attn.o_proj`, width, heads * headDim),
      feedForwardNorm: await vector(`${prefix}.post_attention_layernorm`),
      gate: await matrix(`${prefix}.mlp.gate_proj`, hidden, width),
      up: await matrix(`${prefix}.mlp.up_proj`, hidden, width),
      down: await matrix(`${prefix}.mlp.down_proj`, width, hidden),
    })
  }
  return {
    config,
    embedding,
    layers,
    norm: await vector('model.norm'),
    head: config.isTied ? embedding : await matrix('lm_head', vocabulary, width),
  }
}

/** Logits (tokens, vocabulary) of one sequence. */
export function referenceLogits(model: ReferenceModel, tokens: readonly number[]): Float64Array[] {
  const { config, embedding, head } = model
  const rope = floatRope(ropeOf(config), config.headDim)
  let rows: Float64Array[] = tokens.map((token) =>
    embedding.values.slice(token * config.width, (token + 1) * config.width),
  )
  for (const layer of model.layers) {
    rows = attention(config, layer, rows, rope)
    rows = rows.map((x) => feedForward(config, layer, x))
  }
  return rows.map((x) => multiply(head, rmsNorm(x, model.norm, config.epsilon)))
}

function attention(
  config: LlamaConfig,
  layer: ReferenceLayer,
  rows: readonly Float64Array[],
  rope: FloatRope,
): Float64Array[] {
  const { heads, kvHeads, headDim, epsilon } = config
  const normed = rows.map((x) => rmsNorm(x, layer.attentionNorm, epsilon))
  const rotated = (projection: Heads) =>
    normed.map((a, position) => rotate(projectHeads(projection, a, headDim, epsilon), position, headDim, rope))
  const queries = rotated(layer.query)
  const keys = rotated(layer.key)
  const values = normed.map((a) => projectHeads(layer.value, a, headDim, epsilon))
  return rows.map((x, position) => {
    const joined = new Float64Array(heads * headDim)
    for (let h = 0; h < heads; h++) {
      const at = Math.floor((h * kvHeads) / heads) * headDim
      const query = queries[position]?.subarray(h * headDim, (h + 1) * headDim) ?? new Float64Array(0)
      const scores = keys.slice(0, position + 1).map((key) => dot(query, key, at) / Math.sqrt(headDim))
      const top = Math.max(...scores)
      const weights = scores.map((score) => Math.exp(score - top))
      const total = weights.reduce((sum, weight) => sum + weight, 0)
      for (const [t, weight] of weights.entries())
        for (let j = 0; j < headDim; j++)
          joined[h * headDim + j] = (joined[h * headDim + j] ?? 0) + (weight / total) * (values[t]?.[at + j] ?? 0)
    }
    return sum(x, multiply(layer.output, joined))
  })
}

function projectHeads(projection: Heads, a: Float64Array, headDim: number, epsilon: number): Float64Array {
  const { bias, gain } = projection
  const out = multiply(projection, a)
  const biased = bias === null ? out : sum(out, bias)
  if (gain === null) return biased
  for (let at = 0; at < biased.length; at += headDim)
    biased.set(rmsNorm(biased.subarray(at, at + headDim), gain, epsilon), at)
  return biased
}

function feedForward(config: LlamaConfig, layer: ReferenceLayer, x: Float64Array): Float64Array {
  const a = rmsNorm(x, layer.feedForwardNorm, config.epsilon)
  const up = multiply(layer.up, a)
  const gated = multiply(layer.gate, a).map((gate, i) => (gate / (1 + Math.exp(-gate))) * (up[i] ?? 0))
  return sum(x, multiply(layer.down, gated))
}

function multiply({ rows, cols, values }: Matrix, x: Float64Array): Float64Array {
  const out = new Float64Array(rows)
  for (let n = 0; n < rows; n++) out[n] = dot(x, values, n * cols)
  return out
}

function dot(x: Float64Array, y: Float64Array, at: number): number {
  let total = 0
  for (let i = 0; i < x.length; i++) total += (x[i] ?? 0) * (y[at + i] ?? 0)
  return total
}

function sum(x: Float64Array, y: Float64Array): Float64Array {
  return x.map((value, i) => value + (y[i] ?? 0))
}

function rmsNorm(x: Float64Array, gain: Float64Array, epsilon: number): Float64Array {
  const inverse = 1 / Math.sqrt(dot(x, x, 0) / x.length + epsilon)
  return x.map((value, i) => value * inverse * (gain[i] ?? 0))
}

/** Turns the pairs (j, j + headDim/2) of each head. */
function rotate(
  row: Float64Array,
  position: number,
  headDim: number,
  { frequencies, attentionFactor }: FloatRope,
): Float64Array {
  const half = headDim / 2
  return row.map((value, i) => {
    const j = i % headDim
    const angle = position * (frequencies[j % half] ?? 0)
    const other = row[j < half ? i + half : i - half] ?? 0
    return attentionFactor * (value * Math.cos(angle) + (j < half ? -other : other) * Math.sin(angle))
  })
}
