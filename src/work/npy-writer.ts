// Writing a matrix that comes as canonical tiles, in any order, to a .npy file. Rows of tiles are collected and written as one piece while
// they fit the buffer; tiles past that are written row by row.
import { partCount, tileSpan, TILE, elementBytes } from '#core/content.ts'
import { AppError } from '#core/errors.ts'
import type { MatrixLayout } from '#tensor/tiles.ts'
import { encodeNpyHeader } from './npy-header.ts'

/** Random access for writing: a file, a buffer. Writing past the end makes it longer. */
export interface ByteSink {
  write(offset: number, bytes: Uint8Array<ArrayBuffer>): Promise<void>
}

/** A .npy file being written. */
export interface NpyWriter {
  /** Puts tile `index`, row-major and little endian, each once. */
  writePart(index: number, bytes: Uint8Array<ArrayBuffer>): Promise<void>
  /** Resolves when everything is written. Throws {@link NpyIncompleteError} when tiles are missing. */
  finish(): Promise<void>
}

/** Bytes of unfinished rows of tiles that are collected. */
const NPY_BUFFER_BYTES = 64 * 2 ** 20

/** A row of tiles: as bytes to be written at once, or null when its tiles are written one by one. */
type Band = { readonly bytes: Uint8Array<ArrayBuffer> | null; missing: number }

/** Writes the header of a row-major file of `layout`; the tiles follow through the writer. */
export async function createNpy(sink: ByteSink, layout: MatrixLayout): Promise<NpyWriter> {
  const header = encodeNpyHeader(layout)
  await sink.write(0, header)
  const size = elementBytes(layout.dtype)
  const across = Math.ceil(layout.cols / TILE)
  const written = new Uint8Array(partCount(layout))
  const bands = new Map<number, Band>()
  let buffered = 0
  let done = 0

  const bandAt = (row: number, rows: number): Band => {
    const known = bands.get(row)
    if (known !== undefined) return known
    const bytes = rows * layout.cols * size
    const fits = buffered + bytes <= NPY_BUFFER_BYTES
    if (fits) buffered += bytes
    const band = { bytes: fits ? new Uint8Array(bytes) : null, missing: across }
    bands.set(row, band)
    return band
  }

  return {
    async writePart(index, bytes) {
      if (!Number.isSafeInteger(index) || index < 0 || index >= written.length)
        throw new NpyPartError(`there are ${written.length} tiles, none of number ${index}`)
      const span = tileSpan(layout, index)
      const rowBytes = span.cols * size
      if (bytes.length !== span.rows * rowBytes)
        throw new NpyPartError(`tile ${index} has ${bytes.length} bytes, not ${span.rows * rowBytes}`)
      if (written[index] === 1) throw new NpyPartError(`tile ${index} was written before`)
      written[index] = 1
      const band = bandAt(span.row, span.rows)
      const offset = header.length + span.row * layout.cols * size
      for (let row = 0; row < span.rows; row++) {
        const line = bytes.subarray(row * rowBytes, (row + 1) * rowBytes)
        const at = (row * layout.cols + span.col) * size
        if (band.bytes === null) await sink.write(offset + at, line)
        else band.bytes.set(line, at)
      }
      if (--band.missing === 0) {
        bands.delete(span.row)
        if (band.bytes !== null) {
          await sink.write(offset, band.bytes)
          buffered -= band.bytes.length
        }
      }
      done++
    },
    async finish() {
      if (done !== written.length) throw new NpyIncompleteError(done, written.length)
    },
  }
}

/** A tile was written that does not belong to the matrix. */
export class NpyPartError extends AppError {
  override readonly name = 'work.NpyPart'
  constructor(problem: string) {
    super('bug', `The tile cannot be written: ${problem}.`)
  }
}

/** A file was finished before all of its tiles had come. */
export class NpyIncompleteError extends AppError {
  override readonly name = 'work.NpyIncomplete'
  constructor(done: number, total: number) {
    super('bug', `The .npy file is incomplete: ${done} of ${total} tiles are written.`)
  }
}
