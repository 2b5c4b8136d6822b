// Keys and values of all sequences of a model, in two buffers a layer that grow: a cache is a range of positions in them, so that one
// dispatch serves sequences of any number.
import { ContextLengthError } from '#tensor/context-length.ts'
import type { ModelShape } from '#tensor/exact/weights.ts'
import type { KvCache } from '#tensor/language-backend.ts'
import { DeviceCapacityError, type Storage } from './storage.ts'

/** Positions that the sums of attention stay exact for. */
const MAX_POSITIONS = 65_536

type Range = { readonly first: number; readonly size: number }

/** Owns the keys and values of one model. */
export class KvArena {
  readonly #storage: Storage
  readonly #device: GPUDevice
  readonly #shape: ModelShape
  #keys: readonly GPUBuffer[] = []
  #values: readonly GPUBuffer[] = []
  #positions = 0
  #free: Range[] = []

  constructor(device: GPUDevice, storage: Storage, shape: ModelShape) {
    this.#device = device
    this.#storage = storage
    this.#shape = shape
  }

  /** Opens a cache. Throws a `capacity` error when the model or the device cannot hold it. */
  open(capacity: number): ArenaCache {
    const limit = Math.min(MAX_POSITIONS, this.#shape.maxPositions)
    if (capacity > limit) throw new ContextLengthError(capacity, limit)
    const range = this.#take(capacity)
    return new ArenaCache(range, (given) => this.#give(given))
  }

  keys(layer: number): GPUBuffer {
    return bufferOf(this.#keys, layer)
  }

  values(layer: number): GPUBuffer {
    return bufferOf(this.#values, layer)
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
    this.#grow(first + size)
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

  #grow(positions: number): void {
    const { headDim, keyBits, kvHeads, layers } = this.#shape
    const keyBytes = kvHeads * (8 + (headDim * keyBits) / 8) * positions
    const valueBytes = kvHeads * headDim * 2 * positions
    const largest = Math.max(keyBytes, valueBytes)
    if (largest > this.#storage.limitBytes)
      throw new DeviceCapacityError(`a cache of ${positions} positions`, largest, this.#storage.limitBytes)
    const all = Array.from({ length: layers })
    this.#keys = all.map((_, layer) => this.#enlarged('keys', this.#keys[layer], keyBytes))
    this.#values = all.map((_, layer) => this.#enlarged('values', this.#values[layer], valueBytes))
    this.#positions = positions
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

/** The positions first .. first + capacity - 1 of an arena. */
export class ArenaCache implements KvCache {
  readonly first: number
  readonly capacity: number
  readonly #release: (range: Range) => void
  #isOpen = true
  length = 0

  constructor({ first, size }: Range, release: (range: Range) => void) {
    this.first = first
    this.capacity = size
    this.#release = release
  }

  truncate(length: number): void {
    this.length = Math.min(this.length, length)
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.length = 0
    this.#release({ first: this.first, size: this.capacity })
  }
}

function remainder({ first, size }: Range, taken: number): Range[] {
  return size === taken ? [] : [{ first: first + taken, size: size - taken }]
}

function bufferOf(buffers: readonly GPUBuffer[], layer: number): GPUBuffer {
  const buffer = buffers[layer]
  if (buffer === undefined) throw new RangeError(`The arena has no layer ${layer}.`)
  return buffer
}
