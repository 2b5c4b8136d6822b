// The working memory of a step: regions for every intermediate of every row, reused from step to step.
import type { ModelShape } from '#tensor/exact/weights.ts'
import { paddedColumns } from './device-weights.ts'
import type { Memory } from './module.ts'

/** Addresses that a step works in; each region holds every row of the step. */
export type Scratch = {
  readonly x: number
  readonly wide: number
  readonly wide2: number
  readonly q: number
  readonly qM: number
  readonly qE: number
  readonly heads: number
  readonly headsM: number
  readonly headsE: number
  readonly row: number
  readonly cos: number
  readonly sin: number
  readonly scores: number
  readonly sums: number
  readonly logits: number
}

/** Regions for `rows` rows over caches of up to `positions`. */
export function takeScratch(memory: Memory, shape: ModelShape, rows: number, positions: number): Scratch {
  const { width, heads, headDim, hidden, vocabulary } = shape
  const widest = Math.max(width, hidden, heads * headDim)
  return {
    x: memory.take(rows * width * 4),
    wide: memory.take(rows * widest * 4),
    wide2: memory.take(rows * widest * 4),
    q: memory.take(rows * paddedColumns(widest) * 2),
    qM: memory.take(rows * 4),
    qE: memory.take(rows * 4),
    heads: memory.take(rows * heads * headDim * 2),
    headsM: memory.take(rows * heads * 4),
    headsE: memory.take(rows * heads * 4),
    row: memory.take(widest * 4),
    cos: memory.take(rows * headDim * 2),
    sin: memory.take(rows * headDim * 2),
    scores: memory.take(positions * 4),
    sums: memory.take(headDim * 8),
    logits: memory.take(vocabulary * 4),
  }
}
