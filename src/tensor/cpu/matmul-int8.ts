// Reference kernel: exact int8 product with i32 accumulators. The oracle of every other backend: plain, not fast.
import { MAX_INNER_INT8, type MatmulShape } from '#tensor/backend.ts'
import { assertMatmul } from '#tensor/shape.ts'
import { BLOCK_COLS, type Block, blocksOf, panelCols } from './blocks.ts'

/** C (m, n) = A (m, k) · B (k, n) at once. Throws {@link ShapeError} on sizes that do not fit. */
export function matmulInt8(
  a: Int8Array<ArrayBuffer>,
  b: Int8Array<ArrayBuffer>,
  shape: MatmulShape,
): Int32Array<ArrayBuffer> {
  assertMatmul(shape, a.length, b.length, MAX_INNER_INT8)
  const out = new Int32Array(shape.m * shape.n)
  for (const _ of matmulInt8Steps(a, b, shape, out));
  return out
}

/** The same into `out` (m, n), yielding after every few milliseconds of work. The caller has checked the sizes. */
export function* matmulInt8Steps(
  a: Int8Array<ArrayBuffer>,
  b: Int8Array<ArrayBuffer>,
  shape: MatmulShape,
  out: Int32Array<ArrayBuffer>,
): Generator<undefined> {
  const panel = new Int8Array(panelCols(shape.k) * shape.k)
  for (const block of blocksOf(shape)) {
    if (block.isNewPanel) packPanel(b, panel, shape, block)
    multiplyBlock(a, panel, shape, block, out)
    yield
  }
}

/** Columns of B as rows of `panel` (cols, k). */
function packPanel(b: Int8Array, panel: Int8Array, { k, n }: MatmulShape, { col, cols }: Block): void {
  for (let p = 0; p < k; p++) for (let j = 0; j < cols; j++) panel[j * k + p] = b[p * n + col + j] ?? 0
}

function multiplyBlock(a: Int8Array, panel: Int8Array, { k, n }: MatmulShape, block: Block, out: Int32Array): void {
  const sums = new Int32Array(2 * BLOCK_COLS)
  for (let i = block.row; i < block.rowEnd; i += 2) {
    const rows = Math.min(2, block.rowEnd - i)
    for (let j = 0; j < block.cols; j += BLOCK_COLS) {
      multiply2x4(a, i * k, (i + rows - 1) * k, panel, j * k, k, sums)
      const cols = Math.min(BLOCK_COLS, block.cols - j)
      for (let r = 0; r < rows; r++)
        out.set(sums.subarray(r * BLOCK_COLS, r * BLOCK_COLS + cols), (i + r) * n + block.col + j)
    }
  }
}

/** Two rows of A times four rows of the panel into `sums` (2, 4). Rows of the panel past its columns hold old values; they are not used. */
function multiply2x4(
  a: Int8Array,
  row0: number,
  row1: number,
  panel: Int8Array,
  col: number,
  k: number,
  sums: Int32Array,
): void {
  let s00 = 0,
    s01 = 0,
    s02 = 0,
    s03 = 0
  let s10 = 0,
    s11 = 0,
    s12 = 0,
    s13 = 0
  for (let p = 0; p < k; p++) {
    const x0 = a[row0 + p] ?? 0
    const x1 = a[row1 + p] ?? 0
    const y0 = panel[col + p] ?? 0
    const y1 = panel[col + k + p] ?? 0
    const y2 = panel[col + 2 * k + p] ?? 0
    const y3 = panel[col + 3 * k + p] ?? 0
    // `| 0` keeps the sums in machine integers; |sum| <= 131,071 · 2^14 never wraps.
    s00 = (s00 + x0 * y0) | 0
    s01 = (s01 + x0 * y1) | 0
    s02 = (s02 + x0 * y2) | 0
    s03 = (s03 + x0 * y3) | 0
    s10 = (s10 + x1 * y0) | 0
    s11 = (s11 + x1 * y1) | 0
    s12 = (s12 + x1 * y2) | 0
    s13 = (s13 + x1 * y3) | 0
  }
  sums[0] = s00
  sums[1] = s01
  sums[2] = s02
  sums[3] = s03
  sums[4] = s10
  sums[5] = s11
  sums[6] = s12
  sums[7] = s13
}
