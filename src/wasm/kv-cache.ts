// Keys and values of one sequence in linear memory: int8 keys in panels of four or i16 ones, with a scale each, i16 values with two positions beside each other.
import type { ModelShape } from '#tensor/exact/weights.ts'
import type { KvCache } from '#tensor/language-backend.ts'
import { headStride } from './device-weights.ts'
import type { Memory, Region } from './memory.ts'

/** Positions are stored in multiples of this: panels of keys, pairs for the values, whole vectors of scales. */
const STEP = 4

/** Bytes of keys, values and scales of a cache of `capacity` positions. */
export function cacheBytes(shape: ModelShape, capacity: number): { keys: number; values: number; scales: number } {
  const positions = shape.layers * shape.kvHeads * storedPositions(capacity)
  const stride = headStride(shape.headDim)
  return { keys: positions * stride * (shape.keyBits / 8), values: positions * stride * 2, scales: positions * 8 }
}

/** Positions of a cache as it is stored. */
export function storedPositions(capacity: number): number {
  return Math.ceil(capacity / STEP) * STEP
}

/** A sequence's keys and values; its memory goes back when it is closed. */
export class WasmCache implements KvCache {
  readonly capacity: number
  readonly keys: number
  readonly values: number
  readonly scales: number
  readonly #memory: Memory
  #region: Region | undefined
  length = 0

  constructor(memory: Memory, shape: ModelShape, capacity: number) {
    const { keys, values, scales } = cacheBytes(shape, capacity)
    this.#memory = memory
    this.#region = memory.take(keys + values + scales)
    this.capacity = capacity
    this.scales = this.#region.at
    this.values = this.scales + scales
    this.keys = this.values + values
  }

  truncate(length: number): void {
    this.length = Math.min(this.length, length)
  }

  close(): void {
    this.length = 0
    if (this.#region !== undefined) this.#memory.release(this.#region)
    this.#region = undefined
  }

  get isClosed(): boolean {
    return this.#region === undefined
  }
}

/** The cache behind the port's handle. Throws a TypeError on one of another backend or one that was closed. */
export function cacheOf(cache: KvCache): WasmCache {
  if (!(cache instanceof WasmCache)) throw new TypeError('The cache belongs to another backend.')
  if (cache.isClosed) throw new TypeError('The cache is closed.')
  return cache
}
