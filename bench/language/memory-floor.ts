// What a model cannot do without on a device: its integers, keys and values of a context, and the widest activations of a step.
import type { WeightMatrix } from '#tensor/exact/linear.ts'
import type { ModelShape, ModelWeights } from '#tensor/exact/weights.ts'

/** Bytes that a device held at most, and those that it could not do without. */
export type MemoryUse = { readonly peakBytes: number; readonly floorBytes: number }

/** Bytes of an i32. */
const WORD = 4

/** Bytes of a power-of-two or 31-bit scale with its exponent. */
const SCALE = 8

/** Bytes for `positions` of context and steps of `rows` tokens, `logitRows` of them with logits. */
export function memoryFloor(
  weights: ModelWeights,
  { positions, rows, logitRows }: { positions: number; rows: number; logitRows: number },
): number {
  return weightBytes(weights) + positions * cacheBytes(weights.shape) + activationBytes(weights.shape, rows, logitRows)
}

/** int8 rows with their scales, biases, gains and rotation tables. */
export function weightBytes({ embedding, head, layers, norm, rope }: ModelWeights): number {
  const matrices = layers.flatMap(({ query, key, value, output, gate, up, down }) => [
    query.weights,
    key.weights,
    value.weights,
    output,
    gate,
    up,
    down,
  ])
  const all = head === embedding ? [embedding, ...matrices] : [embedding, head, ...matrices]
  const gains = layers.length * 2 * norm.q.byteLength + norm.q.byteLength
  const tables = [rope.high, rope.low].flatMap(({ cos, sin }) => [cos.byteLength, sin.byteLength])
  return [...all.map(matrixBytes), gains, ...tables].reduce((sum, bytes) => sum + bytes, 0)
}

function matrixBytes({ bias, q, rows }: WeightMatrix): number {
  return q.byteLength + rows * SCALE + (bias?.byteLength ?? 0)
}

/** Keys with a scale per head, values as int16. */
function cacheBytes({ headDim, keyBits, kvHeads, layers }: ModelShape): number {
  return layers * kvHeads * ((keyBits / 8) * headDim + SCALE + 2 * headDim)
}

/** The residual, the widest i32 rows of a layer with what they are quantised to, and logits. */
function activationBytes(
  { headDim, heads, hidden, kvHeads, vocabulary, width }: ModelShape,
  rows: number,
  logitRows: number,
): number {
  const widest = Math.max(hidden, (heads + 2 * kvHeads) * headDim)
  return rows * (WORD * width + WORD * widest + 2 * widest) + logitRows * WORD * vocabulary
}
