// Keys and values of one sequence in linear memory, as i16 whatever the keys' bits: the kernels read both alike.
import type { ModelShape } from '#tensor/exact/weights.ts'
import type { KvCache } from '#tensor/language-backend.ts'
import type { Memory } from './module.ts'

/** Keys and values as i16 (layer, kv head, position, headDim), and a scale for each key. */
export class WasmCache implements KvCache {
  readonly capacity: number
  readonly #shape: ModelShape
  readonly #keys: number
  readonly #values: number
  readonly #scales: number
  readonly #release: (cache: WasmCache) => void
  length = 0

  constructor(memory: Memory, shape: ModelShape, capacity: number, release: (cache: WasmCache) => void) {
    const { layers, kvHeads, headDim } = shape
    this.capacity = capacity
    this.#shape = shape
    this.#keys = memory.take(layers * kvHeads * capacity * headDim * 2)
    this.#values = memory.take(layers * kvHeads * capacity * headDim * 2)
    this.#scales = memory.take(layers * kvHeads * capacity * 8)
    this.#release = release
  }

  /** Addresses of one head's keys, values, and its key scales from `position` on. */
  at(layer: number, head: number, position: number): { key: number; value: number; m: number; e: number } {
    const { kvHeads, headDim } = this.#shape
    const block = layer * kvHeads + head
    const row = block * this.capacity + position
    const scales = this.#scales + block * this.capacity * 8
    return {
      key: this.#keys + row * headDim * 2,
      value: this.#values + row * headDim * 2,
      m: scales + position * 4,
      e: scales + (this.capacity + position) * 4,
    }
  }

  truncate(length: number): void {
    this.length = Math.min(this.length, length)
  }

  close(): void {
    this.length = 0
    this.#release(this)
  }
}

/** The cache behind the port's handle. Throws a TypeError on one of another backend. */
export function cacheOf(cache: KvCache): WasmCache {
  if (!(cache instanceof WasmCache)) throw new TypeError('The cache belongs to another backend.')
  return cache
}
