// The working memory of steps: one region for what every row of a step passes through, and one for each thread.
import type { ModelShape } from '#tensor/exact/weights.ts'
import { headStride, paddedColumns } from './device-weights.ts'
import { storedPositions } from './kv-cache.ts'
import { type Memory, type Region, alignedBytes } from './memory.ts'
import { ATTENDED_ROWS } from './operations.ts'

/** Rows that kernels work on at a time (ROW_BLOCK of assembly/). */
const ROW_BLOCK = 320

/** Outputs of a piece of a linear layer. */
const PIECE_OUTPUTS = 64

/** Columns that linear layers take at a time (CHUNK of assembly/). */
const CHUNK_COLUMNS = 512

/** Outputs of the two panels that rows meet at a time (PAIR of assembly/). */
const PAIR_OUTPUTS = 8

/** What a linear layer works in: scales of its rows, their sums, a pair of panels in 16 bits and its terms. */
const LINEAR_BYTES = ROW_BLOCK * 8 * (1 + PAIR_OUTPUTS) + PAIR_OUTPUTS * (2 * CHUNK_COLUMNS + 4)

/** What scoring works in: the record of keys, scales, terms, sums and panels, and behind attention's own sums. */
const SCORE_BYTES = 128 + 32 + ATTENDED_ROWS * (20 + 8 * PAIR_OUTPUTS) + PAIR_OUTPUTS * (2 * CHUNK_COLUMNS + 4)

/** Rows that are hashed beside each other, and what that works in (FOUR_BYTES of assembly/). */
const HASHED_ROWS = 4
const HASH_BYTES = 256 + 128 + 1024

/** Bytes of the record of a row. */
export const ROW_WORDS = 6

/** The parts of a step's region, in the order of the record: bytes a row. */
type RowParts = Readonly<
  Record<'rows' | 'x' | 'q' | 'qM' | 'qE' | 'terms' | 'queries' | 'queryM' | 'queryE' | 'wide' | 'cos' | 'sin', number>
>

/** Where a step works: addresses of its parts. */
export type Scratch = { readonly region: Region; readonly count: number; readonly parts: RowParts }

/** Memory for steps of up to `count` rows. */
export function takeScratch(memory: Memory, shape: ModelShape, count: number): Scratch {
  const region = memory.take(scratchBytes(shape, count))
  let at = region.at
  const parts = Object.entries(rowBytes(shape)).map(([name, bytes]) => {
    const here = at
    at += alignedBytes(bytes * count)
    return [name, here] as const
  })
  return { region, count, parts: Object.fromEntries(parts) as RowParts }
}

/** Bytes that steps of up to `count` rows work in. */
export function scratchBytes(shape: ModelShape, count: number): number {
  return Object.values(rowBytes(shape)).reduce((sum, bytes) => sum + alignedBytes(bytes * count), 0)
}

/** Bytes that a thread needs for itself, with caches of up to `positions`. */
export function threadBytes({ width, headDim }: ModelShape, positions: number): number {
  const blocks = ROW_BLOCK * 4 * Math.max(headDim, 2 * PIECE_OUTPUTS)
  const attention = (4 + 4 * ATTENDED_ROWS) * storedPositions(positions) + SCORE_BYTES
  const hash = HASHED_ROWS * (32 + Math.ceil((width * 4) / 1024) * 32) + HASH_BYTES
  return alignedBytes(Math.max(LINEAR_BYTES + blocks, attention, hash, 4 * width))
}

function rowBytes(shape: ModelShape): RowParts {
  const { width, heads, headDim, hidden } = shape
  const widest = Math.max(width, hidden, heads * headDim)
  return {
    rows: ROW_WORDS * 4,
    x: width * 4,
    q: paddedColumns(widest) * 2,
    qM: 4,
    qE: 4,
    terms: Math.ceil(widest / CHUNK_COLUMNS) * 4,
    queries: heads * headStride(headDim) * 2,
    queryM: heads * 4,
    queryE: heads * 4,
    wide: Math.max(hidden, heads * headDim) * 4,
    cos: headDim * 2,
    sin: headDim * 2,
  }
}
