// Contents as the SDK moves them: something that hands out parts by number, and something that takes them.
import { type ByteSource, bytesSource } from '#core/byte-source.ts'
import { type ContentLayout, type ContentRef, contentId, partCount, partSpan, tileSpan } from '#core/content.ts'
import type { Digest } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import { leafDigestAsync } from '#core/merkle.ts'

/** A content that is read part by part, in any order and more than once; files and matrices in memory alike. */
export interface ContentSource {
  readonly layout: ContentLayout
  readPart(index: number): Promise<Uint8Array<ArrayBuffer>>
}

/** Takes the parts of a content, each once, in any order. */
export interface ContentSink {
  writePart(index: number, bytes: Uint8Array<ArrayBuffer>): Promise<void>
}

/** A source's identity and the digests that make it. */
export type Addressed = { readonly ref: ContentRef; readonly leaves: readonly Digest[] }

/** Reads every part once, one at a time, and digests it. `onPart` hears how many are done. */
export async function addressOf(
  source: ContentSource,
  options: { signal?: AbortSignal | undefined; onPart?: ((done: number) => void) | undefined } = {},
): Promise<Addressed> {
  const leaves: Digest[] = []
  for (let index = 0; index < partCount(source.layout); index++) {
    options.signal?.throwIfAborted()
    const bytes = await source.readPart(index)
    const expected = partSpan(source.layout, index).length
    if (bytes.length !== expected) throw new PartError(index, bytes.length, expected)
    leaves.push(await leafDigestAsync(bytes))
    options.onPart?.(index + 1)
  }
  return { ref: { id: contentId(source.layout, leaves), layout: source.layout }, leaves }
}

/** Bytes in memory, or anything of a known size that can be read anywhere, as a blob. */
export function blobSource(source: Uint8Array<ArrayBuffer> | ByteSource): ContentSource {
  const bytes = source instanceof Uint8Array ? bytesSource(source) : source
  const layout = { form: 'blob', sizeBytes: bytes.sizeBytes } as const
  return {
    layout,
    readPart(index) {
      const { offset, length } = partSpan(layout, index)
      return bytes.read(offset, length)
    },
  }
}

/** A row-major matrix in memory. */
export type Matrix<Data extends MatrixElements = MatrixElements> = {
  readonly rows: number
  readonly cols: number
  readonly data: Data
}

/** Elements of a matrix in memory: int8, int32 and float32. */
export type MatrixElements = Int8Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer>

/** The canonical tiles of a matrix in memory. Throws {@link MatrixError} when its elements do not fill rows x cols. */
export function matrixSource(matrix: Matrix): ContentSource {
  const { rows, cols, data } = matrix
  if (data.length !== rows * cols) throw new MatrixError(rows, cols, data.length)
  const dtype = data instanceof Int8Array ? 'i8' : data instanceof Int32Array ? 'i32' : 'f32'
  const layout = { form: 'matrix', dtype, rows, cols } as const
  return {
    layout,
    async readPart(index) {
      const span = tileSpan(layout, index)
      const rowBytes = span.cols * data.BYTES_PER_ELEMENT
      const tile = new Uint8Array(span.rows * rowBytes)
      for (let row = 0; row < span.rows; row++) {
        const from = ((span.row + row) * cols + span.col) * data.BYTES_PER_ELEMENT
        tile.set(new Uint8Array(data.buffer, data.byteOffset + from, rowBytes), row * rowBytes)
      }
      return tile
    },
  }
}

/** A zero matrix of `layout` and the sink that fills it. Throws {@link MatrixError} for a layout that is no matrix. */
export function matrixSink(layout: ContentLayout): { matrix: Matrix; sink: ContentSink } {
  if (layout.form !== 'matrix') throw new MatrixError(0, 0, layout.sizeBytes)
  const { rows, cols, dtype } = layout
  const length = rows * cols
  const data =
    dtype === 'i8' ? new Int8Array(length) : dtype === 'i32' ? new Int32Array(length) : new Float32Array(length)
  const bytes = new Uint8Array(data.buffer)
  const sink: ContentSink = {
    async writePart(index, part) {
      const span = tileSpan(layout, index)
      const rowBytes = span.cols * data.BYTES_PER_ELEMENT
      for (let row = 0; row < span.rows; row++)
        bytes.set(
          part.subarray(row * rowBytes, (row + 1) * rowBytes),
          ((span.row + row) * cols + span.col) * data.BYTES_PER_ELEMENT,
        )
    },
  }
  return { matrix: { rows, cols, data }, sink }
}

/** A source handed out a part of another size than its layout says. */
export class PartError extends AppError {
  override readonly name = 'sdk.Part'
  constructor(index: number, got: number, expected: number) {
    super('input', `Part ${index} has ${got} bytes, not the ${expected} of its layout.`)
  }
}

/** A matrix's elements do not fill its shape. */
export class MatrixError extends AppError {
  override readonly name = 'sdk.Matrix'
  constructor(rows: number, cols: number, length: number) {
    super('input', `A ${rows} x ${cols} matrix cannot have ${length} elements.`)
  }
}
