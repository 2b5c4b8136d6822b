// A block of a tiled matrix: rows and columns that begin on tile borders. A block is a matrix of its own, whose tiles are tiles of the
// whole, so it can be gathered from the whole's parts, and its own parts put back, without cutting any tile.
import { TILE, tileSpan } from '#core/content.ts'
import type { DType } from '#core/content.ts'
import { type MatrixData, type MatrixLayout, allocateMatrix, writeTileBytes } from '#tensor/tiles.ts'

/** Rows rowStart..rowEnd and columns colStart..colEnd of a matrix, ends excluded; starts are multiples of {@link TILE}. */
export type TileBlock = {
  readonly rowStart: number
  readonly rowEnd: number
  readonly colStart: number
  readonly colEnd: number
}

/** Layout of `block` as a matrix of its own. */
export function blockLayout<T extends DType>(layout: MatrixLayout<T>, block: TileBlock): MatrixLayout<T> {
  return {
    form: 'matrix',
    dtype: layout.dtype,
    rows: block.rowEnd - block.rowStart,
    cols: block.colEnd - block.colStart,
  }
}

/** Part numbers, in the whole matrix, of the block's tiles in the block's own order. */
export function blockParts(layout: { readonly cols: number }, block: TileBlock): number[] {
  const across = Math.ceil(layout.cols / TILE)
  const parts: number[] = []
  for (let row = block.rowStart; row < block.rowEnd; row += TILE)
    for (let col = block.colStart; col < block.colEnd; col += TILE)
      parts.push(Math.floor(row / TILE) * across + Math.floor(col / TILE))
  return parts
}

/** The block of tile `index` of a matrix. */
export function tileBlock(layout: { readonly rows: number; readonly cols: number }, index: number): TileBlock {
  const { row, col, rows, cols } = tileSpan(layout, index)
  return { rowStart: row, rowEnd: row + rows, colStart: col, colEnd: col + cols }
}

/** The block in row-major order, gathered from the whole's parts. Throws a TileError when a part has another size than its tile. */
export function gatherBlock<T extends DType>(
  layout: MatrixLayout<T>,
  block: TileBlock,
  part: (index: number) => Uint8Array<ArrayBuffer>,
): MatrixData<T> {
  const own = blockLayout(layout, block)
  const matrix = allocateMatrix(layout.dtype, own.rows * own.cols)
  for (const [tile, index] of blockParts(layout, block).entries()) writeTileBytes(matrix, own, tile, part(index))
  return matrix
}
