// What a model will take of a GPU's memory, computed before anything is loaded. WebGPU does not tell how much there is: a budget stands for it.
import type { WeightMatrix } from '#tensor/exact/linear.ts'
import type { ModelWeights } from '#tensor/exact/weights.ts'
import { type MemoryPlan, PREFILL_ROWS } from '#tensor/memory-plan.ts'
import { ROWS_TOGETHER, wordsOf } from './device-weights.ts'
import type { QuantisedForm, WeightLayout } from './kernels/pieces.ts'
import { PAGE_POSITIONS, bytesFor } from './kv-arena.ts'
import { scratchSizes } from './scratch.ts'

/** How kernels want a model to lie. */
export type PlanOptions = { readonly layout: WeightLayout; readonly form: QuantisedForm }

/** The plan for `weights` with one sequence of one page. */
export function memoryPlan(weights: ModelWeights, { layout, form }: PlanOptions): MemoryPlan {
  const { shape } = weights
  const positions = Math.min(PAGE_POSITIONS, shape.maxPositions)
  const { keys, values } = bytesFor(shape, 1)
  const work = Object.values(scratchSizes(shape, form, Math.min(PREFILL_ROWS, positions)))
  return {
    weightsBytes: weightsBytes(weights, layout),
    cacheBytes: shape.layers * (keys + values),
    positions,
    workBytes: work.reduce((sum, bytes) => sum + bytes, shape.vocabulary * 4),
  }
}

function weightsBytes({ shape, embedding, head, layers, rope }: ModelWeights, layout: WeightLayout): number {
  const together = ROWS_TOGETHER[layout]
  /** Bytes of matrices that lie as one: their words, and sixteen bytes a row of scales. */
  const joined = (matrices: readonly WeightMatrix[]) => {
    const rows = matrices.reduce((sum, matrix) => sum + matrix.rows, 0)
    return Math.ceil(rows / together) * together * 16 * (wordsOf(matrices[0]?.cols ?? 0) + 1)
  }
  const tables = [rope.high.cos, rope.high.sin, rope.low.cos, rope.low.sin]
  const fixed = [
    ...tables.map((table) => table.byteLength),
    (2 * shape.layers + 1) * shape.width * 4,
    joined([embedding]),
    head === embedding ? 0 : joined([head]),
  ]
  const blocks = layers.flatMap(({ query, key, value, output, gate, up, down }) => [
    joined([query.weights, key.weights, value.weights]),
    joined([output]),
    joined([gate, up]),
    joined([down]),
  ])
  return [...fixed, ...blocks].reduce((sum, bytes) => sum + bytes, 0)
}
