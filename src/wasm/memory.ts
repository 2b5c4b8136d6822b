// A module's linear memory: regions are taken and released; it grows when no free region is large enough, and never shrinks.
import { AppError } from '#core/errors.ts'

/** Bytes in a page of linear memory. */
const PAGE_BYTES = 65_536

/** wasm32 addresses 4 GiB; the last page is left out so that every end fits a u32. */
export const MAX_MEMORY_BYTES = 65_535 * PAGE_BYTES

/** Alignment of every region: a vector. */
const ALIGN = 16

/** Where regions begin: below lie the module's constants, and address 0, which means "none". */
const BASE = 4096

/** A part of memory. */
export type Region = { readonly at: number; readonly sizeBytes: number }

/** Bytes that a region of `sizeBytes` occupies. */
export function alignedBytes(sizeBytes: number): number {
  return Math.ceil(sizeBytes / ALIGN) * ALIGN
}

/** Linear memory handed out in regions. Views are made when used, because growth detaches them. */
export class Memory {
  readonly memory: WebAssembly.Memory
  #free: Region[] = [] // by address, no two adjacent
  #top = BASE

  constructor(isShared = false) {
    this.memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: isShared })
  }

  /** A region whose bytes are whatever they were. Throws {@link WasmMemoryError} past 4 GiB or when the system has no more. */
  take(sizeBytes: number): Region {
    const wanted = alignedBytes(sizeBytes)
    const index = this.#free.findIndex((region) => region.sizeBytes >= wanted)
    const found = this.#free[index]
    if (found === undefined) return this.#grow(wanted)
    const rest = { at: found.at + wanted, sizeBytes: found.sizeBytes - wanted }
    this.#free.splice(index, 1, ...(rest.sizeBytes > 0 ? [rest] : []))
    return { at: found.at, sizeBytes: wanted }
  }

  /** Gives a region back; it joins its free neighbours. */
  release(region: Region): void {
    const joined: Region[] = []
    for (const next of [...this.#free, region].sort((a, b) => a.at - b.at)) {
      const last = joined.at(-1)
      if (last !== undefined && last.at + last.sizeBytes === next.at)
        joined[joined.length - 1] = { at: last.at, sizeBytes: last.sizeBytes + next.sizeBytes }
      else joined.push(next)
    }
    this.#free = joined
  }

  /** Address of a copy of `data`. */
  put(data: Int8Array | Int32Array | Uint32Array): number {
    const { at } = this.take(data.byteLength)
    this.bytes(at, data.byteLength).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    return at
  }

  /** `count` bytes at `at`, without a copy; valid until the memory grows. */
  bytes(at: number, count: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, at, count)
  }

  /** `count` i32 at `at`, without a copy; valid until the memory grows. */
  i32(at: number, count: number): Int32Array {
    return new Int32Array(this.memory.buffer, at, count)
  }

  /** Bytes that were ever in use at once. */
  get sizeBytes(): number {
    return this.#top
  }

  #grow(wanted: number): Region {
    const at = this.#top
    const end = at + wanted
    if (end > MAX_MEMORY_BYTES) throw new WasmMemoryError(wanted, at)
    const missing = end - this.memory.buffer.byteLength
    if (missing > 0) {
      try {
        this.memory.grow(Math.ceil(missing / PAGE_BYTES))
      } catch (cause) {
        throw new WasmMemoryError(wanted, at, { cause })
      }
    }
    this.#top = end
    return { at, sizeBytes: wanted }
  }
}

/** The module's memory cannot hold a model or cache. */
export class WasmMemoryError extends AppError {
  override readonly name = 'wasm.Memory'
  constructor(wanted: number, held: number, options?: ErrorOptions) {
    super(
      'capacity',
      `${wanted} bytes more do not fit beside the ${held} bytes that the model already holds (limit 4 GiB).`,
      options,
    )
  }
}
