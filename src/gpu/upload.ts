// Writing a block of a row-major matrix to a GPU buffer, its rows padded with zeros to whole words, through a small scratch area where
// the rows are not already as they should be.

/** A block of rows in `bytes`, and how it lies in the buffer. */
export type RowBlock = {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Where the first row of the block begins, and the distance to the next. */
  readonly offset: number
  readonly stride: number
  readonly rows: number
  readonly rowBytes: number
  /** Rows and bytes a row in the buffer, at least as many; what is added is zero. */
  readonly paddedRows: number
  readonly paddedRowBytes: number
}

/** Bytes of scratch for rows that need padding or gathering. */
const SCRATCH_BYTES = 2 ** 20

/** Writes `block` to the beginning of `buffer`. */
export function uploadRows(queue: GPUQueue, buffer: GPUBuffer, block: RowBlock): void {
  const { bytes, offset, stride, rows, rowBytes, paddedRows, paddedRowBytes } = block
  const isContiguous = stride === rowBytes && rowBytes === paddedRowBytes && rows === paddedRows
  if (isContiguous) {
    queue.writeBuffer(buffer, 0, bytes, offset, rows * rowBytes)
    return
  }
  const rowsAtOnce = Math.max(1, Math.min(paddedRows, Math.floor(SCRATCH_BYTES / paddedRowBytes)))
  const scratch = new Uint8Array(rowsAtOnce * paddedRowBytes)
  for (let first = 0; first < paddedRows; first += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, paddedRows - first)
    for (let i = 0; i < count; i++) {
      const row = first + i
      const at = i * paddedRowBytes
      if (row >= rows) {
        scratch.fill(0, at, at + paddedRowBytes)
        continue
      }
      const from = offset + row * stride
      scratch.set(bytes.subarray(from, from + rowBytes), at)
    }
    queue.writeBuffer(buffer, first * paddedRowBytes, scratch, 0, count * paddedRowBytes)
  }
}
