// Cutting a product for the GPU: bands of rows, columns and k whose buffers stay small, and slices of a band that take a few milliseconds each.
// Bands of k add up in C: exactly for integers.
import type { MatmulShape } from '#tensor/backend.ts'

/** A range of one dimension. */
export type Range = { readonly start: number; readonly size: number }

/** Part of a product whose operands and result are on the GPU at once. */
export type Band = { readonly rows: Range; readonly cols: Range; readonly inner: Range }

/** Largest sizes of a band. */
export type BandSizes = { readonly rows: number; readonly cols: number; readonly inner: number }

/** A block of C that one dispatch computes, in workgroups. */
export type Slice = { readonly row: number; readonly col: number; readonly rows: number; readonly cols: number }

/** Bytes of one operand of a band, and of its result. Five such buffers at most are held at once: a third of the budget. */
export const BAND_BYTES = 16 * 2 ** 20

/** Most rows or columns in a band. */
const MAX_BAND_SIDE = 4096

/** Bytes in an element of C. */
const RESULT_BYTES = 4

/** The band sizes for a product whose operands have `elementBytes` an element. */
export function bandSizes({ m, k, n }: MatmulShape, elementBytes: number): BandSizes {
  const area = BAND_BYTES / RESULT_BYTES
  // The shorter side first, so that a long thin result is not cut needlessly.
  const short = Math.min(m, n, MAX_BAND_SIDE)
  const long = Math.min(
    Math.max(m, n),
    Math.max(MAX_BAND_SIDE, Math.floor(area / short / 64)),
    Math.floor(area / short),
  )
  const [rows, cols] = m <= n ? [short, long] : [long, short]
  const inner = Math.floor(BAND_BYTES / (Math.max(rows, cols) * elementBytes))
  // A multiple of four, which is what a word of int8 holds; the last band of k may end anywhere.
  return { rows, cols, inner: Math.min(k, Math.max(4, inner - (inner % 4))) }
}

/** The bands of a product; those of one block of C follow one another, k ascending. */
export function* bandsOf(shape: MatmulShape, sizes: BandSizes): Generator<Band> {
  for (const rows of ranges(shape.m, sizes.rows))
    for (const cols of ranges(shape.n, sizes.cols))
      for (const inner of ranges(shape.k, sizes.inner)) yield { rows, cols, inner }
}

/** Blocks that cover a grid of `across` x `down` workgroups, each of about as many as `fitting` says when its turn comes. */
export function* slicesOf(across: number, down: number, fitting: () => number): Generator<Slice> {
  for (let row = 0; row < down;) {
    const workgroups = Math.max(1, fitting())
    const rows = Math.min(down - row, Math.max(1, Math.floor(workgroups / across)))
    // Even shares: a last slice of a few workgroups would leave most of the GPU idle.
    const parts = rows > 1 ? 1 : Math.ceil(across / workgroups)
    for (const cols of ranges(across, Math.ceil(across / parts))) yield { row, rows, col: cols.start, cols: cols.size }
    row += rows
  }
}

function* ranges(length: number, step: number): Generator<Range> {
  for (let start = 0; start < length; start += step) yield { start, size: Math.min(step, length - start) }
}
