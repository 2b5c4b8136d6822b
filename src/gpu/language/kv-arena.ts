// Keys and values of all sequences of a model: a cache is a range of positions in two buffers a layer, so that one dispatch serves
// sequences of any number. The ranges live as long as the model, the buffers as long as its device.
import { ContextLengthError } from '#tensor/context-length.ts'
import type { ModelShape } from '#tensor/exact/weights.ts'
import type { KvCache } from '#tensor/language-backend.ts'
import { DeviceCapacityError, type Storage } from './storage.ts'

/** Positions that the sums of attention stay exact for. */
const MAX_POSITIONS = 65_536

type Range = { readonly first: number; readonly size: number }

/** Shares out the positions of one model. */
export class KvArena {
  readonly #shape: ModelShape
  readonly #limitBytes: () => number
  readonly #open = new Set<ArenaCache>()
  #positions = 0
  #free: Range[] = []

  /** `limitBytes` is what one buffer of the device holds. */
  constructor(shape: ModelShape, limitBytes: () => number) {
    this.#shape = shape
    this.#limitBytes = limitBytes
  }

  /** Positions that the buffers must have. */
  get positions(): number {
    return this.#positions
  }

  /** Opens a cache. Throws a `capacity` error when the model or the device cannot hold it. */
  open(capacity: number): ArenaCache {
    const limit = Math.min(MAX_POSITIONS, this.#shape.maxPositions)
    if (capacity > limit) throw new ContextLengthError(capacity, limit)
    const cache = new ArenaCache(this.#take(capacity), (closed, range) => {
      this.#open.delete(closed)
      this.#give(range)
    })
    this.#open.add(cache)
    return cache
  }

  /** What the caches held is gone with their device. */
  forget(): void {
    for (const cache of this.#open) cache.lose()
  }

  #take(size: number): Range {
    const found = this.#free.findIndex((range) => range.size >= size)
    const range = this.#free[found]
    if (range !== undefined) {
      this.#free.splice(found, 1, ...remainder(range, size))
      return { first: range.first, size }
    }
    const tail = this.#free.at(-1)
    const isAtEnd = tail !== undefined && tail.first + tail.size === this.#positions
    const first = isAtEnd ? tail.first : this.#positions
    const largest = Math.max(...Object.values(bytesFor(this.#shape, first + size)))
    const limit = this.#limitBytes()
    if (largest > limit) throw new DeviceCapacityError(`a cache up to position ${first + size}`, largest, limit)
    this.#positions = first + size
    if (isAtEnd) this.#free.pop()
    return { first, size }
  }

  /** Puts a range back and joins it with its neighbours. */
  #give(given: Range): void {
    const joined: Range[] = []
    for (const range of [...this.#free, given].sort((a, b) => a.first - b.first)) {
      const last = joined.at(-1)
      if (last !== undefined && last.first + last.size === range.first)
        joined[joined.length - 1] = { first: last.first, size: last.size + range.size }
      else joined.push(range)
    }
    this.#free = joined
  }
}

/** The positions first .. first + capacity - 1 of an arena. */
export class ArenaCache implements KvCache {
  readonly first: number
  readonly capacity: number
  readonly #release: (cache: ArenaCache, range: Range) => void
  #isOpen = true
  #isLost = false
  #length = 0

  constructor({ first, size }: Range, release: (cache: ArenaCache, range: Range) => void) {
    this.first = first
    this.capacity = size
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
    this.#release(this, { first: this.first, size: this.capacity })
  }
}

/** The arena's keys and values on one device, layer by layer; they grow and keep what they hold. */
export class KvBuffers {
  readonly #storage: Storage
  readonly #device: GPUDevice
  readonly #shape: ModelShape
  #keys: readonly GPUBuffer[] = []
  #values: readonly GPUBuffer[] = []
  #positions = 0

  constructor(device: GPUDevice, storage: Storage, shape: ModelShape) {
    this.#device = device
    this.#storage = storage
    this.#shape = shape
  }

  /** Makes room for `positions`. */
  reserve(positions: number): void {
    if (positions <= this.#positions) return
    const { keys, values } = bytesFor(this.#shape, positions)
    const layers = Array.from({ length: this.#shape.layers })
    this.#keys = layers.map((_, layer) => this.#enlarged('keys', this.#keys[layer], keys))
    this.#values = layers.map((_, layer) => this.#enlarged('values', this.#values[layer], values))
    this.#positions = positions
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
function bytesFor({ headDim, keyBits, kvHeads }: ModelShape, positions: number): { keys: number; values: number } {
  return { keys: positions * kvHeads * (8 + (headDim * keyBits) / 8), values: positions * kvHeads * headDim * 2 }
}

function remainder({ first, size }: Range, taken: number): Range[] {
  return size === taken ? [] : [{ first: first + taken, size: size - taken }]
}

function bufferOf(buffers: readonly GPUBuffer[], layer: number): GPUBuffer {
  const buffer = buffers[layer]
  if (buffer === undefined) throw new RangeError(`The arena has no layer ${layer}.`)
  return buffer
}
