// Reference kernel: f32 product with sums in double precision, rounded once at the end. Plain, not fast.
import type { MatmulShape } from '#tensor/backend.ts'
import { MAX_DIM } from '#core/content.ts'
import { assertMatmul } from '#tensor/shape.ts'
import { BLOCK_COLS, type Block, blocksOf, panelCols } from './blocks.ts'

/** C (m, n) = A (m, k) · B (k, n) at once. Throws {@link ShapeError} on sizes that do not fit. */
export function matmulF32(
  a: Float32Array<ArrayBuffer>,
  b: Float32Array<ArrayBuffer>,
  shape: MatmulShape,
): Float32Array<ArrayBuffer> {
  assertMatmul(shape, a.length, b.length, MAX_DIM)
  const out = new Float32Array(shape.m * shape.n)
  for (const _ of matmulF32Steps(a, b, shape, out));
  return out
}

/** The same into `out` (m, n), yielding after every few milliseconds of work. The caller has checked the sizes. */
export function* matmulF32Steps(
  a: Float32Array<ArrayBuffer>,
  b: Float32Array<ArrayBuffer>,
  shape: MatmulShape,
  out: Float32Array<ArrayBuffer>,
): Generator<undefined> {
  const panel = new Float32Array(panelCols(shape.k) * shape.k)
  for (const block of blocksOf(shape)) {
    if (block.isNewPanel) packPanel(b, panel, shape, block)
    multiplyBlock(a, panel, shape, block, out)
    yield
  }
}

/** Columns of B as rows of `panel` (cols, k). */
function packPanel(b: Float32Array, panel: Float32Array, { k, n }: MatmulShape, { col, cols }: Block): void {
  for (let p = 0; p < k; p++) for (let j = 0; j < cols; j++) panel[j * k + p] = b[p * n + col + j] ?? 0
}

function multiplyBlock(
  a: Float32Array,
  panel: Float32Array,
  { k, n }: MatmulShape,
  block: Block,
  out: Float32Array,
): void {
  const sums = new Float32Array(BLOCK_COLS)
  for (let i = block.row; i < block.rowEnd; i++) {
    for (let j = 0; j < block.cols; j += BLOCK_COLS) {
      multiply1x4(a, i * k, panel, j * k, k, sums)
      out.set(sums.subarray(0, Math.min(BLOCK_COLS, block.cols - j)), i * n + block.col + j)
    }
  }
}

/** A row of A times four rows of the panel into `sums` (4). Rows of the panel past its columns hold old values; they are not used. */
function multiply1x4(
  a: Float32Array,
  row: number,
  panel: Float32Array,
  col: number,
  k: number,
  sums: Float32Array,
): void {
  let s0 = 0
  let s1 = 0
  let s2 = 0
  let s3 = 0
  for (let p = 0; p < k; p++) {
    const x = a[row + p] ?? 0
    s0 += x * (panel[col + p] ?? 0)
    s1 += x * (panel[col + k + p] ?? 0)
    s2 += x * (panel[col + 2 * k + p] ?? 0)
    s3 += x * (panel[col + 3 * k + p] ?? 0)
  }
  sums[0] = s0
  sums[1] = s1
  sums[2] = s2
  sums[3] = s3
}
