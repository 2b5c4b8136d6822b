// Between a row-major matrix in memory and the canonical tiles of core/content.ts: one tile at a time, no other copies.
import type { DType } from '#core/content.ts'
import { bytesOf } from '#core/bytes.ts'
import { tileSpan } from '#core/content.ts'
import { AppError } from '#core/errors.ts'

/** Elements of a matrix by its dtype. */
export type MatrixData<T extends DType = DType> = {
  i8: Int8Array<ArrayBuffer>
  i32: Int32Array<ArrayBuffer>
  f32: Float32Array<ArrayBuffer>
}[T]

/** Layout of a matrix of dtype `T`, as in {@link ContentLayout}. */
export type MatrixLayout<T extends DType = DType> = {
  readonly form: 'matrix'
  readonly dtype: T
  readonly rows: number
  readonly cols: number
}

/** A zero matrix of `length` elements. */
export function allocateMatrix<T extends DType>(dtype: T, length: number): MatrixData<T>
export function allocateMatrix(dtype: DType, length: number): MatrixData {
  if (dtype === 'i8') return new Int8Array(length)
  return dtype === 'i32' ? new Int32Array(length) : new Float32Array(length)
}

/** The elements in `bytes` (little endian): a view where the alignment allows, a copy where not. Throws {@link TileError} on a broken element. */
export function matrixOfBytes<T extends DType>(dtype: T, bytes: Uint8Array<ArrayBuffer>): MatrixData<T>
export function matrixOfBytes(dtype: DType, bytes: Uint8Array<ArrayBuffer>): MatrixData {
  if (dtype === 'i8') return new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes.length % 4 !== 0) throw new TileError(`${bytes.length} bytes are no whole number of ${dtype}`)
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
  const length = aligned.length / 4
  if (dtype === 'i32') return new Int32Array(aligned.buffer, aligned.byteOffset, length)
  return new Float32Array(aligned.buffer, aligned.byteOffset, length)
}

/** A copy of tile `index` of the row-major `matrix`, itself row-major. */
export function readTile<T extends DType>(
  matrix: MatrixData<T>,
  layout: MatrixLayout<T>,
  index: number,
): MatrixData<T> {
  assertLength('matrix', matrix.length, layout.rows * layout.cols)
  const span = tileSpan(layout, index)
  const tile = allocateMatrix(layout.dtype, span.rows * span.cols)
  for (let row = 0; row < span.rows; row++) {
    const from = (span.row + row) * layout.cols + span.col
    tile.set(matrix.subarray(from, from + span.cols), row * span.cols)
  }
  return tile
}

/** The bytes of tile `index`, as they are hashed and sent. */
export function readTileBytes<T extends DType>(
  matrix: MatrixData<T>,
  layout: MatrixLayout<T>,
  index: number,
): Uint8Array<ArrayBuffer> {
  return bytesOf(readTile(matrix, layout, index))
}

/** Puts `tile` in its place in the row-major `matrix`. Throws {@link TileError} when it has another size. */
export function writeTile<T extends DType>(
  matrix: MatrixData<T>,
  layout: MatrixLayout<T>,
  index: number,
  tile: MatrixData<T>,
): void {
  assertLength('matrix', matrix.length, layout.rows * layout.cols)
  const span = tileSpan(layout, index)
  assertLength(`tile ${index}`, tile.length, span.rows * span.cols)
  for (let row = 0; row < span.rows; row++)
    matrix.set(tile.subarray(row * span.cols, (row + 1) * span.cols), (span.row + row) * layout.cols + span.col)
}

/** Puts the bytes of tile `index`, as they were sent, in their place in `matrix`. */
export function writeTileBytes<T extends DType>(
  matrix: MatrixData<T>,
  layout: MatrixLayout<T>,
  index: number,
  bytes: Uint8Array<ArrayBuffer>,
): void {
  writeTile(matrix, layout, index, matrixOfBytes(layout.dtype, bytes))
}

function assertLength(what: string, got: number, expected: number): void {
  if (got !== expected) throw new TileError(`the ${what} has ${got} elements, not ${expected}`)
}

/** A matrix or tile does not have the size its layout says. */
export class TileError extends AppError {
  override readonly name = 'tensor.Tile'
  constructor(problem: string) {
    super('input', `The tile does not fit: ${problem}.`)
  }
}
