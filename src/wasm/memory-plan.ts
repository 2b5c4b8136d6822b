// What a model will take of linear memory, to the byte but for what falls between regions.
import type { WeightMatrix } from '#tensor/exact/linear.ts'
import type { ModelWeights } from '#tensor/exact/weights.ts'
import { type MemoryPlan, PREFILL_ROWS } from '#tensor/memory-plan.ts'
import { STAGING_BYTES, matrixBytes } from './device-weights.ts'
import { cacheBytes } from './kv-cache.ts'
import { scratchBytes, threadBytes } from './scratch.ts'

/** Positions of the smallest context that a model must have room for. */
const PLANNED_POSITIONS = 256

/** The plan for `weights` with one sequence of `positions` on `threads` threads. */
export function memoryPlan(
  weights: ModelWeights,
  threads: number,
  positions = Math.min(PLANNED_POSITIONS, weights.shape.maxPositions),
): MemoryPlan {
  const { shape } = weights
  const { keys, values, scales } = cacheBytes(shape, positions)
  const rows = Math.min(PREFILL_ROWS, positions)
  const logits = shape.vocabulary * 4
  return {
    weightsBytes: weightsBytes(weights),
    cacheBytes: keys + values + scales,
    positions,
    workBytes: STAGING_BYTES + scratchBytes(shape, rows) + threads * threadBytes(shape, positions) + logits,
  }
}

function weightsBytes({ shape, embedding, head, layers, rope }: ModelWeights): number {
  const sum = (matrices: readonly WeightMatrix[]) => matrices.reduce((bytes, matrix) => bytes + matrixBytes(matrix), 0)
  const tables = [rope.high.cos, rope.high.sin, rope.low.cos, rope.low.sin]
  const tableBytes = tables.reduce((bytes, table) => bytes + table.byteLength, 0)
  const layerBytes = layers.map(({ query, key, value, output, gate, up, down }) =>
    sum([query.weights, key.weights, value.weights, output, gate, up, down]),
  )
  const gains = (2 * shape.layers + 1) * shape.width * 4
  const ends = head === embedding ? sum([embedding]) : sum([embedding, head])
  return layerBytes.reduce((total, bytes) => total + bytes, ends) + gains + tableBytes
}
