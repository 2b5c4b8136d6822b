// Cutting a product into blocks for the reference kernels: a panel of columns at a time, transposed so that both operands are read in
// order, and rows in steps of a few milliseconds, after each of which the caller may do something else.
import type { MatmulShape } from '#tensor/backend.ts'

/** Columns a reference kernel computes at once. */
export const BLOCK_COLS = 4

/** Elements in a panel: 64 columns at k = 1024, which stay in a core's second-level cache. */
const PANEL_ELEMENTS = 1 << 16

/** Multiplications between two yields: a few milliseconds, also on a slow core. */
const STEP_PRODUCTS = 1 << 22

/** One step of a product: rows row..rowEnd of columns col..col + cols. */
export type Block = {
  readonly row: number
  readonly rowEnd: number
  readonly col: number
  readonly cols: number
  /** Whether these are the panel's first rows, so that the panel must be packed. */
  readonly isNewPanel: boolean
}

/** Columns in a full panel, a multiple of {@link BLOCK_COLS}. */
export function panelCols(k: number): number {
  return BLOCK_COLS * Math.max(1, Math.min(16, Math.floor(PANEL_ELEMENTS / (BLOCK_COLS * k))))
}

/** The blocks of a product, panel by panel. */
export function* blocksOf({ m, k, n }: MatmulShape): Generator<Block> {
  const width = panelCols(k)
  const height = 2 * Math.max(1, Math.floor(STEP_PRODUCTS / (2 * width * k)))
  for (let col = 0; col < n; col += width)
    for (let row = 0; row < m; row += height)
      yield {
        row,
        rowEnd: Math.min(m, row + height),
        col,
        cols: Math.min(width, n - col),
        isNewPanel: row === 0,
      }
}
