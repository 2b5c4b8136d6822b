// Running a product on an open device: bands are uploaded, computed slice by slice, and read back.
import { bytesOf } from '#core/bytes.ts'
import type { MatmulShape } from '#tensor/backend.ts'
import { PACK_INT8, PACK_WIDTH } from './kernels/pack-int8.ts'
import { type MatmulChoice, type MatmulVariant, variantFor } from './kernels/matmul.ts'
import { type Band, bandSizes, bandsOf, slicesOf } from './matmul-plan.ts'
import type { Pace } from './pace.ts'
import type { Session } from './session.ts'
import { uploadRows } from './upload.ts'

/** Operands of a product and where its result goes. */
export type Product = {
  readonly shape: MatmulShape
  readonly a: Int8Array<ArrayBuffer> | Float32Array<ArrayBuffer>
  readonly b: Int8Array<ArrayBuffer> | Float32Array<ArrayBuffer>
  readonly out: Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer>
}

/** Buffers of a product's bands. B of an int8 product is uploaded into `bytes` and packed into `b`. */
export type MatmulBuffers = { a: GPUBuffer; b: GPUBuffer; c: GPUBuffer; bytes: GPUBuffer | undefined }

/** int8 operands travel as words of four. */
const WORD = 4

/** Computes `product` with the variants of `choice`, no dispatch longer than `pace` allows. Rejects with the signal's reason when it is aborted. */
export async function runMatmul(
  session: Session,
  choice: MatmulChoice,
  product: Product,
  pace: Pace,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { shape } = product
  const sizes = bandSizes(shape, product.a.BYTES_PER_ELEMENT)
  const variant = variantFor(choice, sizes.rows, sizes.cols)
  await session.pool.using(async (acquire) => {
    const isInt8 = product.a instanceof Int8Array
    const storage = (elements: number) => acquire('storage', elements * Uint32Array.BYTES_PER_ELEMENT)
    const words = isInt8 ? Math.ceil(sizes.inner / WORD) : sizes.inner
    const buffers: MatmulBuffers = {
      a: await storage(sizes.rows * words),
      b: await storage(words * sizes.cols),
      c: await storage(sizes.rows * sizes.cols),
      bytes: isInt8 ? await storage(words * WORD * Math.ceil(sizes.cols / WORD)) : undefined,
    }
    let uploaded: Band | undefined
    for (const band of bandsOf(shape, sizes)) {
      signal?.throwIfAborted()
      if (uploaded?.rows.start !== band.rows.start || uploaded.inner.start !== band.inner.start)
        uploadA(session, buffers, product, band)
      uploaded = band
      await uploadB(session, buffers, product, band)
      await computeBand(session, variant, buffers, product, band, pace, signal)
      if (band.inner.start + band.inner.size === shape.k) await readC(session, buffers, product, band)
    }
  })
}

function uploadA(session: Session, buffers: MatmulBuffers, { a, shape }: Product, { rows, inner }: Band): void {
  const size = a.BYTES_PER_ELEMENT
  uploadRows(session.device.queue, buffers.a, {
    bytes: bytesOf(a),
    offset: (rows.start * shape.k + inner.start) * size,
    stride: shape.k * size,
    rows: rows.size,
    rowBytes: inner.size * size,
    paddedRows: rows.size,
    paddedRowBytes: roundUp(inner.size * size),
  })
}

async function uploadB(session: Session, buffers: MatmulBuffers, product: Product, band: Band): Promise<void> {
  const { b, shape } = product
  const { inner, cols } = band
  const size = b.BYTES_PER_ELEMENT
  const target = buffers.bytes ?? buffers.b
  const paddedRowBytes = roundUp(cols.size * size)
  const paddedRows = buffers.bytes === undefined ? inner.size : roundUp(inner.size)
  uploadRows(session.device.queue, target, {
    bytes: bytesOf(b),
    offset: (inner.start * shape.n + cols.start) * size,
    stride: shape.n * size,
    rows: inner.size,
    rowBytes: cols.size * size,
    paddedRows,
    paddedRowBytes,
  })
  if (buffers.bytes === undefined) return
  const pack = await session.pipelines.get(PACK_INT8)
  const tensors = session.commands.bind(pack, [buffers.bytes, buffers.b])
  const words = paddedRowBytes / WORD
  session.commands.enqueue((dispatch) => {
    for (let rowStart = 0; rowStart < paddedRows / WORD; rowStart += MAX_WORKGROUPS) {
      const down = Math.min(MAX_WORKGROUPS, paddedRows / WORD - rowStart)
      const params = { inner: paddedRows, words, cols: cols.size, rowStart }
      dispatch(pack, tensors, params, [Math.ceil(words / PACK_WIDTH), down])
    }
  })
}

/** Workgroups in one direction of a dispatch, by WebGPU's default limits. */
const MAX_WORKGROUPS = 65_535

async function computeBand(
  session: Session,
  variant: MatmulVariant,
  buffers: MatmulBuffers,
  product: Product,
  band: Band,
  pace: Pace,
  signal: AbortSignal | undefined,
): Promise<void> {
  const kernel = await session.pipelines.get(variant.kernel)
  const tensors = session.commands.bind(kernel, [buffers.a, buffers.b, buffers.c])
  const across = Math.ceil(band.cols.size / variant.tileCols)
  const down = Math.ceil(band.rows.size / variant.tileRows)
  const products = variant.tileRows * variant.tileCols * band.inner.size
  for (const slice of slicesOf(across, down, () => pace.fitting(products))) {
    signal?.throwIfAborted()
    const params = {
      rows: band.rows.size,
      cols: band.cols.size,
      inner: product.a instanceof Int8Array ? Math.ceil(band.inner.size / WORD) : band.inner.size,
      rowStart: slice.row * variant.tileRows,
      colStart: slice.col * variant.tileCols,
      accumulate: band.inner.start === 0 ? 0 : 1,
    }
    await pace.submit(slice.rows * slice.cols * products, () =>
      session.commands.submit((dispatch) => dispatch(kernel, tensors, params, [slice.cols, slice.rows])),
    )
  }
  await pace.settle()
}

async function readC(session: Session, buffers: MatmulBuffers, { out, shape }: Product, band: Band): Promise<void> {
  const { rows, cols } = band
  await session.commands.read(buffers.c, rows.size * cols.size * 4, (bytes) => {
    const block = out instanceof Int32Array ? new Int32Array(bytes) : new Float32Array(bytes)
    for (let row = 0; row < rows.size; row++)
      out.set(block.subarray(row * cols.size, (row + 1) * cols.size), (rows.start + row) * shape.n + cols.start)
  })
}

function roundUp(size: number): number {
  return Math.ceil(size / WORD) * WORD
}
