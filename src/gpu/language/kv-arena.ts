// Keys and values of all sequences of a model: a cache is a list of pages in two buffers a layer, so that one dispatch serves sequences of
// any number, and what one gives back serves any other. Pages live as long as the model, the buffers as long as its device.
import { ContextLengthError } from '#tensor/context-length.ts'
import type { ModelShape } from '#tensor/exact/weights.ts'
import type { KvCache } from '#tensor/language-backend.ts'
import { DeviceCapacityError, type Storage } from './storage.ts'

/** Positions of a page; the shaders know it too. */
export const PAGE_POSITIONS = 256

/** Positions that the sums of attention stay exact for. */
const MAX_POSITIONS = 65_536

/** Shares out the pages of one model. */
export class KvArena {
  readonly #shape: ModelShape
  readonly #limitBytes: () => number
  readonly #open = new Set<ArenaCache>()
  readonly #free: number[] = []
  #pages = 0

  /** `limitBytes` is what one buffer of the device holds. */
  constructor(shape: ModelShape, limitBytes: () => number) {
    this.#shape = shape
    this.#limitBytes = limitBytes
  }

  /** Pages that the buffers must have. */
  get pages(): number {
    return this.#pages
  }

  /** Opens a cache. Throws a `capacity` error when the model or the device cannot hold it. */
  open(capacity: number): ArenaCache {
    const limit = Math.min(MAX_POSITIONS, this.#shape.maxPositions)
    if (capacity > limit) throw new ContextLengthError(capacity, limit)
    const cache = new ArenaCache(this.#take(Math.ceil(capacity / PAGE_POSITIONS)), capacity, (closed) => {
      this.#open.delete(closed)
      this.#free.push(...closed.pages)
    })
    this.#open.add(cache)
    return cache
  }

  /** What the caches held is gone with their device. */
  forget(): void {
    for (const cache of this.#open) cache.lose()
  }

  #take(count: number): number[] {
    const more = Math.max(0, count - this.#free.length)
    const largest = Math.max(...Object.values(bytesFor(this.#shape, this.#pages + more)))
    const limit = this.#limitBytes()
    if (largest > limit) throw new DeviceCapacityError(`a cache of ${this.#pages + more} pages`, largest, limit)
    const taken = this.#free.splice(Math.max(0, this.#free.length - count))
    while (taken.length < count) taken.push(this.#pages++)
    return taken
  }
}

/** Pages of an arena, in the order of a sequence's positions. */
export class ArenaCache implements KvCache {
  readonly pages: readonly number[]
  readonly capacity: number
  readonly #release: (cache: ArenaCache) => void
  #isOpen = true
  #isLost = false
  #length = 0

  constructor(pages: readonly number[], capacity: number, release: (cache: ArenaCache) => void) {
    this.pages = pages
    this.capacity = capacity
    this.#release = release
  }

  get length(): number {
    return this.#length
  }

  /** Whether its positions were lost with their device; {@link truncate} to 0 makes it usable again. */
  get isLost(): boolean {
    return this.#isLost && this.#length > 0
  }

  /** Notes that the positions before `length` are filled. */
  fill(length: number): void {
    this.#length = Math.max(this.#length, length)
  }

  truncate(length: number): void {
    this.#length = Math.min(this.#length, length)
    if (this.#length === 0) this.#isLost = false
  }

  lose(): void {
    this.#isLost = this.#length > 0
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.truncate(0)
    this.#release(this)
  }
}

/** The arena's keys and values on one device, layer by layer; they grow buffer by buffer and keep what they hold. */
export class KvBuffers {
  readonly #storage: Storage
  readonly #device: GPUDevice
  readonly #shape: ModelShape
  #keys: readonly GPUBuffer[] = []
  #values: readonly GPUBuffer[] = []
  #pages = 0

  constructor(device: GPUDevice, storage: Storage, shape: ModelShape) {
    this.#device = device
    this.#storage = storage
    this.#shape = shape
  }

  /** Makes room for `pages`. */
  reserve(pages: number): void {
    if (pages <= this.#pages) return
    const { keys, values } = bytesFor(this.#shape, pages)
    const layers = Array.from({ length: this.#shape.layers })
    this.#keys = layers.map((_, layer) => this.#enlarged('keys', this.#keys[layer], keys))
    this.#values = layers.map((_, layer) => this.#enlarged('values', this.#values[layer], values))
    this.#pages = pages
  }

  keys(layer: number): GPUBuffer {
    return bufferOf(this.#keys, layer)
  }

  values(layer: number): GPUBuffer {
    return bufferOf(this.#values, layer)
  }

  #enlarged(label: string, before: GPUBuffer | undefined, sizeBytes: number): GPUBuffer {
    const after = this.#storage.create(label, sizeBytes)
    if (before === undefined) return after
    const encoder = this.#device.createCommandEncoder()
    encoder.copyBufferToBuffer(before, 0, after, 0, before.size)
    this.#device.queue.submit([encoder.finish()])
    this.#storage.destroy(before)
    return after
  }
}

/** Bytes of a layer's keys, each with its scale, and of its values. */
export function bytesFor({ headDim, keyBits, kvHeads }: ModelShape, pages: number): { keys: number; values: number } {
  const positions = pages * PAGE_POSITIONS
  return { keys: positions * kvHeads * (8 + (headDim * keyBits) / 8), values: positions * kvHeads * headDim * 2 }
}

function bufferOf(buffers: readonly GPUBuffer[], layer: number): GPUBuffer {
  const buffer = buffers[layer]
  if (buffer === undefined) throw new RangeError(`The arena has no layer ${layer}.`)
  return buffer
}
