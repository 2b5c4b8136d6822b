// Reading a .npy matrix as canonical tiles, from anything that gives bytes at an offset. Matrices may be larger than memory: what is
// held is one window of whole tiles, and one more so that readers of neighbouring tiles do not push each other's window out.
import type { ByteSource } from '#core/byte-source.ts'
import { type DType, TILE, elementBytes, partCount, tileSpan } from '#core/content.ts'
import type { MatrixLayout } from '#tensor/tiles.ts'
import { NPY_PREAMBLE_BYTES, NpyError, type NpyHeader, npyLiteralSpan, parseNpyHeader } from './npy-header.ts'

/** An open .npy matrix: a source of canonical tiles, in any order and more than once. */
export interface NpyMatrix {
  readonly layout: MatrixLayout
  readonly dtype: DType
  readonly rows: number
  readonly cols: number
  readonly isFortranOrder: boolean
  /** Bytes of tile `index`. Throws {@link NpyError} when an f32 element is NaN or infinite, naming its row and column. */
  readPart(index: number): Promise<Uint8Array<ArrayBuffer>>
}

/** Bytes of one window: some hundred tiles in one read, and a fraction of what a small machine has. */
export const NPY_WINDOW_BYTES = 32 * 2 ** 20

/** Windows kept. */
const WINDOWS = 2

/** Reads under way at once where a window is not contiguous in the file. */
const PARALLEL_READS = 64

/** Whole tiles of a matrix: rows from `row` and columns from `col`, in the order of the file. */
type Window = { readonly row: number; readonly col: number; readonly rows: number; readonly cols: number }

/** Reads and checks the header of a .npy file, and that the file has as many bytes as its shape says. Throws {@link NpyError}. */
export async function openNpy(source: ByteSource): Promise<NpyMatrix> {
  const preamble = await source.read(0, Math.min(NPY_PREAMBLE_BYTES, source.sizeBytes))
  const { version, from, to } = npyLiteralSpan(preamble, source.sizeBytes)
  const header = parseNpyHeader(await source.read(from, to - from), version, to)
  const { layout, isFortranOrder } = header
  const { dtype, rows, cols } = layout
  const expected = to + rows * cols * elementBytes(dtype)
  if (source.sizeBytes !== expected)
    throw new NpyError(
      `has ${source.sizeBytes} bytes; a ${rows} x ${cols} matrix of ${dtype} with this header has ${expected}`,
    )
  return { layout, dtype, rows, cols, isFortranOrder, readPart: tileReader(source, header) }
}

/** All tiles in order, with the memory of two windows. */
export async function* readTiles(
  matrix: Pick<NpyMatrix, 'layout' | 'readPart'>,
): AsyncGenerator<{ index: number; bytes: Uint8Array<ArrayBuffer> }> {
  for (let index = 0; index < partCount(matrix.layout); index++) yield { index, bytes: await matrix.readPart(index) }
}

function tileReader(source: ByteSource, header: NpyHeader): NpyMatrix['readPart'] {
  const { layout } = header
  const windows = new Map<string, Promise<Uint8Array<ArrayBuffer>>>()
  return async (index) => {
    if (!Number.isSafeInteger(index) || index < 0 || index >= partCount(layout))
      throw new RangeError(`Part ${index} is outside a matrix of ${partCount(layout)} parts.`)
    const window = windowOf(layout, index)
    const key = `${window.row}/${window.col}`
    const bytes = windows.get(key) ?? readWindow(source, header, window)
    // The latest used moves to the end; the first is the oldest. A window that failed is not kept.
    windows.delete(key)
    windows.set(key, bytes)
    for (const oldest of [...windows.keys()].slice(0, -WINDOWS)) windows.delete(oldest)
    try {
      return cutTile(await bytes, window, header, index)
    } catch (error) {
      windows.delete(key)
      throw error
    }
  }
}

/** The window that tile `index` lies in: full rows of tiles where they fit, else a part of one. */
function windowOf(layout: MatrixLayout, index: number): Window {
  const span = tileSpan(layout, index)
  const bandBytes = TILE * layout.cols * elementBytes(layout.dtype)
  const bands = Math.floor(NPY_WINDOW_BYTES / bandBytes)
  const height = TILE * Math.max(1, bands)
  const width =
    bands > 0 ? layout.cols : TILE * Math.floor(NPY_WINDOW_BYTES / (TILE * TILE * elementBytes(layout.dtype)))
  const row = Math.floor(span.row / height) * height
  const col = Math.floor(span.col / width) * width
  return { row, col, rows: Math.min(height, layout.rows - row), cols: Math.min(width, layout.cols - col) }
}

/** Bytes of a window in the file's own order and endianness. */
async function readWindow(source: ByteSource, header: NpyHeader, window: Window): Promise<Uint8Array<ArrayBuffer>> {
  const { layout, isFortranOrder, dataOffset } = header
  const size = elementBytes(layout.dtype)
  // Lines are what lies together in the file: rows, or columns in Fortran order.
  const [line, lines, from, length, whole] = isFortranOrder
    ? [window.col, window.cols, window.row, window.rows, layout.rows]
    : [window.row, window.rows, window.col, window.cols, layout.cols]
  const offsetOf = (at: number): number => dataOffset + (at * whole + from) * size
  if (length === whole) return source.read(offsetOf(line), lines * length * size)
  const bytes = new Uint8Array(lines * length * size)
  for (let at = 0; at < lines; at += PARALLEL_READS) {
    const count = Math.min(PARALLEL_READS, lines - at)
    const reads = Array.from({ length: count }, async (_, i) => {
      bytes.set(await source.read(offsetOf(line + at + i), length * size), (at + i) * length * size)
    })
    await Promise.all(reads)
  }
  return bytes
}

/** Tile `index` from its window: row-major, little endian, finite. */
function cutTile(
  bytes: Uint8Array<ArrayBuffer>,
  window: Window,
  { layout, isFortranOrder, isBigEndian }: NpyHeader,
  index: number,
): Uint8Array<ArrayBuffer> {
  const size = elementBytes(layout.dtype)
  if (bytes.length !== window.rows * window.cols * size) throw new NpyError('ended while it was read')
  const span = tileSpan(layout, index)
  const [top, left] = [span.row - window.row, span.col - window.col]
  const tile = new Uint8Array(span.rows * span.cols * size)
  for (let row = 0; row < span.rows; row++) {
    const to = row * span.cols * size
    if (isFortranOrder) {
      for (let col = 0; col < span.cols; col++) {
        const from = ((left + col) * window.rows + top + row) * size
        for (let byte = 0; byte < size; byte++) tile[to + col * size + byte] = bytes[from + byte] ?? 0
      }
    } else {
      const from = ((top + row) * window.cols + left) * size
      tile.set(bytes.subarray(from, from + span.cols * size), to)
    }
  }
  if (isBigEndian) swapBytes(tile)
  if (layout.dtype === 'f32') assertFinite(tile, span)
  return tile
}

function swapBytes(tile: Uint8Array<ArrayBuffer>): void {
  const view = new DataView(tile.buffer)
  for (let at = 0; at < tile.length; at += 4) view.setUint32(at, view.getUint32(at, false), true)
}

function assertFinite(tile: Uint8Array<ArrayBuffer>, span: { row: number; col: number; cols: number }): void {
  const values = new Float32Array(tile.buffer)
  const at = values.findIndex((value) => !Number.isFinite(value))
  if (at === -1) return
  const [row, col] = [span.row + Math.floor(at / span.cols), span.col + (at % span.cols)]
  const value = Number.isNaN(values[at]) ? 'NaN' : 'infinity'
  throw new NpyError(`has ${value} at row ${row}, column ${col} (counted from 0); every element must be finite`)
}
