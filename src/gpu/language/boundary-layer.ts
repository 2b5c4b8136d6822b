// Hashing the residual at boundaries: a step of few rows holds copies and hashes all of them together, one of many hashes each as it comes.
import type { ModelShape } from '#tensor/exact/weights.ts'
import type { Encoding } from './linear-layer.ts'
import { HELD_ROWS, chunksOf } from './scratch.ts'

/** Takes the residual of `rows` as the boundary with this index among the step's. */
export function takeBoundary(encoding: Encoding, { width }: ModelShape, rows: number, index: number): void {
  const { encoder, scratch } = encoding
  if (rows > HELD_ROWS) return dispatchChunks(encoding, scratch.residual, { width, rows, firstRow: index * rows })
  const sizeBytes = rows * width * 4
  const to = { buffer: scratch.boundaries, offset: index * sizeBytes }
  encoder.copy({ buffer: scratch.residual, offset: 0 }, to, sizeBytes)
}

/** Leaves of `rows` at all `boundaries`, whose numbers begin at `boundariesAt` in the row table. */
export function dispatchLeaves(
  encoding: Encoding,
  { width }: ModelShape,
  { rows, boundaries, boundariesAt }: { rows: number; boundaries: number; boundariesAt: number },
): void {
  const { encoder, live, scratch, table } = encoding
  const all = boundaries * rows
  if (rows <= HELD_ROWS) dispatchChunks(encoding, scratch.boundaries, { width, rows: all, firstRow: 0 })
  const params = { rows, chunks: chunksOf(width), boundaries, boundariesAt }
  const tensors = [table, scratch.chunkDigests, scratch.leaves]
  encoder.dispatch('', live.kernels.hashLeaves, tensors, params, [Math.ceil(all / 64), 1])
}

/** Digests of the chunks of `rows` in `source`, which are those from `firstRow` on of all boundaries. */
function dispatchChunks(
  { encoder, live, scratch }: Encoding,
  source: GPUBuffer,
  { width, rows, firstRow }: { width: number; rows: number; firstRow: number },
): void {
  const chunks = chunksOf(width)
  const params = { rows, width, chunks, firstDigest: firstRow * chunks }
  const grid = [Math.ceil((rows * chunks) / 64), 1] as const
  encoder.dispatch('', live.kernels.hashChunks, [source, scratch.chunkDigests], params, grid)
}
