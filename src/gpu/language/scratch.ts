// Buffers that steps work in, each for a number of rows; replaced by larger ones when a step needs them. Steps follow each other on the
// queue, so they share them.
import { BOUNDARY_CHUNK_BYTES, boundaryLayers } from '#tensor/exact/boundary.ts'
import type { ModelShape } from '#tensor/exact/weights.ts'
import { wordsOf } from './device-weights.ts'
import type { QuantisedForm } from './kernels/pieces.ts'
import type { Storage } from './storage.ts'

/** The buffers of a step. */
export type Scratch = {
  readonly angles: GPUBuffer
  /** (rows, width) i32. */
  readonly residual: GPUBuffer
  /** (boundaries, rows, width) i32: the residual of a step of at most {@link HELD_ROWS}, where it is hashed. */
  readonly boundaries: GPUBuffer
  /** Quantised rows of the widest input of a linear layer. */
  readonly packed: GPUBuffer
  /** i32 rows before they are quantised. */
  readonly wide: GPUBuffer
  readonly queries: GPUBuffer
  /** (boundaries, rows, chunks) and (boundaries, rows) of digests. */
  readonly chunkDigests: GPUBuffer
  readonly leaves: GPUBuffer
  /** Values cut, padding, maxima by site and row, then the largest scores by layer, row and head. */
  readonly status: GPUBuffer
}

/** What attention in splits works in. */
export type SplitScratch = { readonly scores: GPUBuffer; readonly partials: GPUBuffer }

/** Bytes of a SHA-256 digest. */
export const DIGEST_BYTES = 32

/** Most rows of a step whose boundaries wait to be hashed together: more have chunks enough for a dispatch each, and need no copies. */
export const HELD_ROWS = 16

/** Where the maxima of rows begin in `status`, in words. */
export const MAXIMA_AT = 64

/** Bytes of a quantised row of `words` of 16 columns. */
export function packedRowBytes({ activationBits }: ModelShape, form: QuantisedForm, words: number): number {
  return 16 * (1 + (form === 'whole' ? 4 : activationBits / 8) * words)
}

/** Where the largest scores begin in `status`, in words. */
export function peaksAt({ layers }: ModelShape, rows: number): number {
  return MAXIMA_AT + 2 * layers * rows
}

/** Chunks of a residual row of `width` values. */
export function chunksOf(width: number): number {
  return Math.ceil((4 * width) / BOUNDARY_CHUNK_BYTES)
}

/** Makes and keeps the scratch of one model. */
export class ScratchKeeper {
  readonly #storage: Storage
  readonly #shape: ModelShape
  readonly #form: QuantisedForm
  #capacity = 0
  #scratch: Scratch | undefined
  readonly #growing = new Map<string, GPUBuffer>()

  constructor(storage: Storage, shape: ModelShape, form: QuantisedForm) {
    this.#storage = storage
    this.#shape = shape
    this.#form = form
  }

  /** Scratch for `rows`. Throws a `capacity` error when the device cannot hold it. */
  for(rows: number): Scratch {
    if (this.#scratch !== undefined && rows <= this.#capacity) return this.#scratch
    if (this.#scratch !== undefined) for (const buffer of Object.values(this.#scratch)) this.#storage.destroy(buffer)
    this.#scratch = undefined
    this.#scratch = createScratch(this.#storage, this.#shape, this.#form, rows)
    this.#capacity = rows
    return this.#scratch
  }

  /** Room for `count` rows of logits. */
  logits(count: number): GPUBuffer {
    return this.#atLeast('logits', count * this.#shape.vocabulary * 4)
  }

  /** Room for the words of requests for tokens, and for the tokens. */
  sampling(words: number, requests: number): { readonly requests: GPUBuffer; readonly tokens: GPUBuffer } {
    return { requests: this.#atLeast('requests', words * 4), tokens: this.#atLeast('tokens', requests * 4) }
  }

  /** Room for the words of a row table. */
  table(words: number): GPUBuffer {
    return this.#atLeast('rows', words * 4)
  }

  /** Room for `rows` whose attention to `capacity` keys goes in `splits`. */
  splits(rows: number, capacity: number, splits: number): SplitScratch {
    const { headDim, heads } = this.#shape
    return {
      scores: this.#atLeast('scores', rows * heads * capacity * 4),
      partials: this.#atLeast('partial sums', rows * heads * splits * (16 + headDim * 8)),
    }
  }

  #atLeast(label: string, sizeBytes: number): GPUBuffer {
    const known = this.#growing.get(label)
    if (known !== undefined && known.size >= sizeBytes) return known
    if (known !== undefined) this.#storage.destroy(known)
    this.#growing.delete(label)
    const buffer = this.#storage.create(label, sizeBytes)
    this.#growing.set(label, buffer)
    return buffer
  }
}

/** Bytes of each buffer of a step of `rows`. */
export function scratchSizes(
  shape: ModelShape,
  form: QuantisedForm,
  rows: number,
): Readonly<Record<keyof Scratch, number>> {
  const { headDim, heads, hidden, kvHeads, layers, width } = shape
  const words = Math.max(wordsOf(width), wordsOf(heads * headDim), wordsOf(hidden))
  const wide = Math.max((heads + 2 * kvHeads) * headDim, 16 * wordsOf(heads * headDim), 16 * wordsOf(hidden))
  const boundaries = boundaryLayers(layers).length
  return {
    angles: rows * headDim * 4,
    residual: rows * width * 4,
    boundaries: boundaries * Math.min(rows, HELD_ROWS) * width * 4,
    packed: rows * packedRowBytes(shape, form, words),
    wide: rows * wide * 4,
    queries: rows * heads * (8 + (form === 'whole' ? 4 : 2) * headDim),
    chunkDigests: boundaries * rows * chunksOf(width) * DIGEST_BYTES,
    leaves: boundaries * rows * DIGEST_BYTES,
    status: (peaksAt(shape, rows) + layers * rows * heads) * 4,
  }
}

function createScratch(storage: Storage, shape: ModelShape, form: QuantisedForm, rows: number): Scratch {
  const sizes = scratchSizes(shape, form, rows)
  const create = (name: keyof Scratch) => storage.create(name, sizes[name])
  return {
    angles: create('angles'),
    residual: create('residual'),
    boundaries: create('boundaries'),
    packed: create('packed'),
    wide: create('wide'),
    queries: create('queries'),
    chunkDigests: create('chunkDigests'),
    leaves: create('leaves'),
    status: create('status'),
  }
}
