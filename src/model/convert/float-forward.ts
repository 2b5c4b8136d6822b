// The float model in doubles, as plainly as possible: what the exact model is measured against. Nothing here is quantised, and nothing
// that comes from here is hashed: exponentials and angles differ between engines.
import type { LlamaConfig } from '#model/formats/config.ts'
import { type FloatRope, floatRope } from './float-rope.ts'
import { type FloatTensors, ropeOf } from './llama.ts'

type Matrix = { readonly rows: number; readonly cols: number; readonly values: Float32Array }

/** A projection to heads: (heads·headDim, width), with a bias and a gain over each head where the model has them. */
type Heads = Matrix & { readonly bias: Float32Array | null; readonly gain: Float32Array | null }

type FloatLayer = {
  readonly attentionNorm: Float32Array
  readonly query: Heads
  readonly key: Heads
  readonly value: Heads
  readonly output: Matrix
  readonly feedForwardNorm: Float32Array
  readonly gate: Matrix
  readonly up: Matrix
  readonly down: Matrix
}

/** A float model in memory. */
export type FloatModel = {
  readonly config: LlamaConfig
  readonly embedding: Matrix
  readonly layers: readonly FloatLayer[]
  readonly norm: Float32Array
  readonly head: Matrix
}

/** Reads a float model. */
export async function loadFloatModel(config: LlamaConfig, tensors: FloatTensors): Promise<FloatModel> {
  const embedding = await readMatrix(tensors, 'model.embed_tokens', config.vocabulary, config.width)
  const layers: FloatLayer[] = []
  for (let i = 0; i < config.layers; i++) layers.push(await readLayer(config, tensors, i))
  return { config, embedding, layers, ...(await readEnd(config, tensors, embedding)) }
}

/** Logits (tokens, vocabulary) of one sequence. */
export function floatLogits({ config, embedding, layers, norm, head }: FloatModel, tokens: readonly number[]) {
  const rope = floatRope(ropeOf(config), config.headDim)
  let rows = embed(embedding, tokens)
  for (const layer of layers) rows = block(config, layer, rows, rope)
  return rows.map((x) => multiply(head, rmsNorm(x, norm, config.epsilon)))
}

/** The same of a model too large for memory: a layer is read, used and let go. `onRow` gets the logits of each token. */
export async function streamFloatLogits(
  config: LlamaConfig,
  tensors: FloatTensors,
  tokens: readonly number[],
  onRow: (logits: Float64Array, i: number) => void,
): Promise<void> {
  const rope = floatRope(ropeOf(config), config.headDim)
  const embedding = await readMatrix(tensors, 'model.embed_tokens', config.vocabulary, config.width)
  let rows = embed(embedding, tokens)
  for (let i = 0; i < config.layers; i++) rows = block(config, await readLayer(config, tensors, i), rows, rope)
  const { norm, head } = await readEnd(config, tensors, embedding)
  for (const [i, x] of rows.entries()) onRow(multiply(head, rmsNorm(x, norm, config.epsilon)), i)
}

async function readLayer(config: LlamaConfig, tensors: FloatTensors, i: number): Promise<FloatLayer> {
  const { width, hidden, heads, kvHeads, headDim } = config
  const prefix = `model.layers.${i}`
  const matrix = (name: string, rows: number, cols: number) => readMatrix(tensors, `${prefix}.${name}`, rows, cols)
  const projection = async (part: 'q' | 'k' | 'v', rows: number): Promise<Heads> => {
    const name = `${prefix}.self_attn.${part}`
    const isNormed = config.architecture === 'qwen3' && part !== 'v'
    const { values } = await readMatrix(tensors, `${name}_proj`, rows, width)
    const bias = await tensors.readOptional(`${name}_proj.bias`, [rows])
    return {
      rows,
      cols: width,
      values,
      bias,
      gain: isNormed ? await tensors.read(`${name}_norm.weight`, [headDim]) : null,
    }
  }
  return {
    attentionNorm: await tensors.read(`${prefix}.input_layernorm.weight`, [width]),
    query: await projection('q', heads * headDim),
    key: await projection('k', kvHeads * headDim),
    value: await projection('v', kvHeads * headDim),
    output: await matrix('self_attn.o_proj', width, heads * headDim),
    feedForwardNorm: await tensors.read(`${prefix}.post_attention_layernorm.weight`, [width]),
    gate: await matrix('mlp.gate_proj', hidden, width),
    up: await matrix('mlp.up_proj', hidden, width),
    down: await matrix('mlp.down_proj', width, hidden),
  }
}

async function readEnd({ vocabulary, width, isTied }: LlamaConfig, tensors: FloatTensors, embedding: Matrix) {
  const norm = await tensors.read('model.norm.weight', [width])
  return { norm, head: isTied ? embedding : await readMatrix(tensors, 'lm_head', vocabulary, width) }
}

async function readMatrix(tensors: FloatTensors, name: string, rows: number, cols: number): Promise<Matrix> {
  return { rows, cols, values: await tensors.read(`${name}.weight`, [rows, cols]) }
}

function embed({ cols, values }: Matrix, tokens: readonly number[]): Float64Array[] {
  return tokens.map((token) => Float64Array.from(values.subarray(token * cols, (token + 1) * cols)))
}

function block(config: LlamaConfig, layer: FloatLayer, rows: readonly Float64Array[], rope: FloatRope): Float64Array[] {
  return attention(config, layer, rows, rope).map((x) => feedForward(config, layer, x))
}

function attention(
  config: LlamaConfig,
  layer: FloatLayer,
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

function feedForward(config: LlamaConfig, layer: FloatLayer, x: Float64Array): Float64Array {
  const a = rmsNorm(x, layer.feedForwardNorm, config.epsilon)
  const up = multiply(layer.up, a)
  const gated = multiply(layer.gate, a).map((gate, i) => (gate / (1 + Math.exp(-gate))) * (up[i] ?? 0))
  return sum(x, multiply(layer.down, gated))
}

function multiply({ rows, cols, values }: Matrix, x: Float64Array): Float64Array {
  const out = new Float64Array(rows)
  for (let n = 0, at = 0; n < rows; n++) {
    let total = 0
    for (let i = 0; i < cols; i++, at++) total += (x[i] ?? 0) * (values[at] ?? 0)
    out[n] = total
  }
  return out
}

function dot(x: Float64Array, y: Float64Array, at: number): number {
  let total = 0
  for (let i = 0; i < x.length; i++) total += (x[i] ?? 0) * (y[at + i] ?? 0)
  return total
}

function sum(x: Float64Array, y: Float64Array | Float32Array): Float64Array {
  return x.map((value, i) => value + (y[i] ?? 0))
}

function rmsNorm(x: Float64Array, gain: Float32Array, epsilon: number): Float64Array {
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
