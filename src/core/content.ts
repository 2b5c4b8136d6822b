// Content addressing: what a blob or matrix is called and how it is cut into provable parts.
// A blob is cut into 64 KiB chunks, a matrix into tiles of 256 x 256 elements, tiles and the rows inside them in row-major order.
import { type Digest, digestOf } from './digest.ts'
import { AppError } from './errors.ts'
import { merkleRoot } from './merkle.ts'

/** Element types of matrices; multi-byte elements are little endian. */
export type DType = 'i8' | 'i32' | 'f32'

/** Shape of a content: its parts, and with their Merkle root its identity. */
export type ContentLayout =
  | { readonly form: 'blob'; readonly sizeBytes: number }
  | { readonly form: 'matrix'; readonly dtype: DType; readonly rows: number; readonly cols: number }

/** A content by its id and layout; the id binds the layout. */
export type ContentRef = { readonly id: Digest; readonly layout: ContentLayout }

/** Bytes in a chunk of a blob. */
export const CHUNK_BYTES = 64 * 1024

/** Rows and columns in a tile of a matrix. A tile of i32 is 256 KiB: small enough to prove, large enough to amortise a digest. */
export const TILE = 256

/** Largest dimension of a matrix. */
export const MAX_DIM = 1 << 20

/** Largest content: 16 GiB keeps part counts under 2^18 and every byte offset exact. */
export const MAX_CONTENT_BYTES = 16 * 2 ** 30

/** Bytes in an element of `dtype`. */
export function elementBytes(dtype: DType): number {
  return dtype === 'i8' ? 1 : 4
}

/** Bytes in the whole content. */
export function contentBytes(layout: ContentLayout): number {
  return layout.form === 'blob' ? layout.sizeBytes : layout.rows * layout.cols * elementBytes(layout.dtype)
}

/** Number of parts; an empty blob has none. */
export function partCount(layout: ContentLayout): number {
  if (layout.form === 'blob') return Math.ceil(layout.sizeBytes / CHUNK_BYTES)
  return Math.ceil(layout.rows / TILE) * Math.ceil(layout.cols / TILE)
}

/** Where part `index` lies in the content's bytes (tile order for a matrix). */
export function partSpan(layout: ContentLayout, index: number): { offset: number; length: number } {
  if (!Number.isSafeInteger(index) || index < 0 || index >= partCount(layout))
    throw new RangeError(`Part ${index} is outside a content of ${partCount(layout)} parts.`)
  if (layout.form === 'blob') {
    const offset = index * CHUNK_BYTES
    return { offset, length: Math.min(CHUNK_BYTES, layout.sizeBytes - offset) }
  }
  const tile = tileSpan(layout, index)
  const bytes = elementBytes(layout.dtype)
  const offset = (tile.row * layout.cols + tile.rows * tile.col) * bytes
  return { offset, length: tile.rows * tile.cols * bytes }
}

/** First row and column of tile `index` of a matrix, and its rows and columns. */
export function tileSpan(
  layout: { rows: number; cols: number },
  index: number,
): { row: number; col: number; rows: number; cols: number } {
  const across = Math.ceil(layout.cols / TILE)
  const row = Math.floor(index / across) * TILE
  const col = (index % across) * TILE
  return { row, col, rows: Math.min(TILE, layout.rows - row), cols: Math.min(TILE, layout.cols - col) }
}

/** Identity of a content from its layout and the leaf digests of its parts. */
export function contentId(layout: ContentLayout, leaves: readonly Digest[]): Digest {
  if (leaves.length !== partCount(layout))
    throw new RangeError(`${leaves.length} leaves for ${partCount(layout)} parts.`)
  return contentIdFromRoot(layout, merkleRoot(leaves))
}

/** Identity of a content whose Merkle root is known. */
export function contentIdFromRoot(layout: ContentLayout, root: Digest): Digest {
  return digestOf('content', { layout, root })
}

/** Throws {@link LayoutError} unless every dimension is a positive integer within the limits. */
export function assertLayout(layout: ContentLayout): void {
  const dims = layout.form === 'blob' ? [] : [layout.rows, layout.cols]
  for (const dim of dims)
    if (!Number.isSafeInteger(dim) || dim < 1 || dim > MAX_DIM)
      throw new LayoutError(`a dimension of ${dim} is outside 1..${MAX_DIM}`)
  const size = contentBytes(layout)
  if (!Number.isSafeInteger(size) || size < 0 || size > MAX_CONTENT_BYTES)
    throw new LayoutError(`${size} bytes are outside 0..${MAX_CONTENT_BYTES}`)
}

/** A content's layout is outside the limits. */
export class LayoutError extends AppError {
  override readonly name = 'core.Layout'
  constructor(problem: string) {
    super('input', `The content cannot be addressed: ${problem}.`)
  }
}
