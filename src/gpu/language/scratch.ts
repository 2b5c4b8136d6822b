// Buffers that steps work in, each for a number of rows; replaced by larger ones when a step needs them. Steps follow each other on the
// queue, so they share them.
import { BOUNDARY_CHUNK_BYTES, boundaryLayers } from '#tensor/exact/boundary.ts'
import type { ModelShape } from '#tensor/exact/weights.ts'
import { wordsOf } from './device-weights.ts'
import type { Storage } from './storage.ts'

/** The buffers of a step. */
export type Scratch = {
  /** (rows) of token, position, first position of the cache, 0. */
  readonly rows: GPUBuffer
  readonly angles: GPUBuffer
  /** (rows, width) i32. */
  readonly residual: GPUBuffer
  /** Quantised rows of the widest input of a linear layer. */
  readonly packed: GPUBuffer
  /** i32 rows before they are quantised. */
  readonly wide: GPUBuffer
  readonly queries: GPUBuffer
  /** (boundaries, rows, chunks) and (boundaries, rows) of digests. */
  readonly chunkDigests: GPUBuffer
  readonly leaves: GPUBuffer
  /** Values cut, padding, then maxima by site and row. */
  readonly status: GPUBuffer
}

/** Bytes of a SHA-256 digest. */
export const DIGEST_BYTES = 32

/** Where the maxima of rows begin in `status`, in words. */
export const MAXIMA_AT = 64

/** Bytes of a quantised row of `words` of 16 columns. */
export function packedRowBytes({ activationBits }: ModelShape, words: number): number {
  return 16 * (1 + (activationBits / 8) * words)
}

/** Chunks of a residual row of `width` values. */
export function chunksOf(width: number): number {
  return Math.ceil((4 * width) / BOUNDARY_CHUNK_BYTES)
}

/** Makes and keeps the scratch of one model. */
export class ScratchKeeper {
  readonly #storage: Storage
  readonly #shape: ModelShape
  #capacity = 0
  #scratch: Scratch | undefined
  #logits: GPUBuffer | undefined

  constructor(storage: Storage, shape: ModelShape) {
    this.#storage = storage
    this.#shape = shape
  }

  /** Scratch for `rows`. Throws a `capacity` error when the device cannot hold it. */
  for(rows: number): Scratch {
    if (this.#scratch !== undefined && rows <= this.#capacity) return this.#scratch
    if (this.#scratch !== undefined) for (const buffer of Object.values(this.#scratch)) this.#storage.destroy(buffer)
    this.#scratch = undefined
    this.#scratch = createScratch(this.#storage, this.#shape, rows)
    this.#capacity = rows
    return this.#scratch
  }

  /** Room for `count` rows of logits. */
  logits(count: number): GPUBuffer {
    const sizeBytes = count * this.#shape.vocabulary * 4
    if (this.#logits !== undefined && this.#logits.size >= sizeBytes) return this.#logits
    if (this.#logits !== undefined) this.#storage.destroy(this.#logits)
    this.#logits = undefined
    this.#logits = this.#storage.create('logits', sizeBytes)
    return this.#logits
  }
}

function createScratch(storage: Storage, shape: ModelShape, rows: number): Scratch {
  const { headDim, heads, hidden, kvHeads, layers, width } = shape
  const words = Math.max(wordsOf(width), wordsOf(heads * headDim), wordsOf(hidden))
  const wide = Math.max((heads + 2 * kvHeads) * headDim, 16 * wordsOf(heads * headDim), 16 * wordsOf(hidden))
  const boundaries = boundaryLayers(layers).length
  return {
    rows: storage.create('rows', rows * 16),
    angles: storage.create('angles', rows * headDim * 4),
    residual: storage.create('residual', rows * width * 4),
    packed: storage.create('quantised rows', rows * packedRowBytes(shape, words)),
    wide: storage.create('wide rows', rows * wide * 4),
    queries: storage.create('queries', rows * heads * (8 + 2 * headDim)),
    chunkDigests: storage.create('chunk digests', boundaries * rows * chunksOf(width) * DIGEST_BYTES),
    leaves: storage.create('leaves', boundaries * rows * DIGEST_BYTES),
    status: storage.create('status', (MAXIMA_AT + 2 * layers * rows) * 4),
  }
}
