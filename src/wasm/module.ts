// The compiled kernels of assembly/: their exports, and a bump-allocated linear memory that grows as regions are taken.
import { AppError } from '#core/errors.ts'

/** Exports of the module; addresses are byte offsets. */
export type Kernels = {
  embed(row: number, m: number, e: number, count: number, fractionBits: number, bound: number, x: number): void
  normQuantise(
    x: number,
    count: number,
    padded: number,
    gain: number,
    gainM: number,
    gainE: number,
    epsilonHigh: number,
    epsilonLow: number,
    bits: number,
    y: number,
    q: number,
    scaleM: number,
    scaleE: number,
  ): void
  quantise(
    x: number,
    count: number,
    padded: number,
    fractionBits: number,
    bits: number,
    q: number,
    m: number,
    e: number,
  ): void
  addRow(x: number, y: number, count: number, bound: number): number
  linear(
    a: number,
    aM: number,
    aE: number,
    rows: number,
    w: number,
    wM: number,
    wE: number,
    bias: number,
    outputs: number,
    padded: number,
    fractionBits: number,
    bound: number,
    bits: number,
    out: number,
    outStride: number,
  ): number
  angles(
    highCos: number,
    highSin: number,
    lowCos: number,
    lowSin: number,
    pairs: number,
    cos: number,
    sin: number,
  ): void
  rotateQuantise(
    head: number,
    cos: number,
    sin: number,
    headDim: number,
    fractionBits: number,
    bits: number,
    scratch: number,
    q: number,
    m: number,
    e: number,
  ): void
  narrow(from: number, count: number, to: number): void
  attend(
    query: number,
    queryM: number,
    queryE: number,
    keys: number,
    keyM: number,
    keyE: number,
    values: number,
    count: number,
    headDim: number,
    scoreM: number,
    scoreE: number,
    table: number,
    scores: number,
    sums: number,
    out: number,
  ): number
  siluGate(gate: number, up: number, count: number, fractionBits: number, table: number): void
}

/** Bytes in a page of linear memory. */
const PAGE_BYTES = 65_536

/** wasm32 addresses 4 GiB; the last page is left out so that every end fits a u32. */
const MAX_BYTES = 65_535 * PAGE_BYTES

/** Alignment of every region: a vector. */
const ALIGN = 16

/** Linear memory handed out front to back. Views are made when used, because growth detaches them. */
export class Memory {
  readonly memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536 })
  #top = ALIGN // address 0 stays free: it means "none"

  /** Start of a new region of zeros. Throws {@link WasmMemoryError} past 4 GiB or when the system has no more. */
  take(sizeBytes: number): number {
    const start = this.#top
    const end = start + Math.ceil(sizeBytes / ALIGN) * ALIGN
    if (end > MAX_BYTES) throw new WasmMemoryError(sizeBytes, start)
    const missing = end - this.memory.buffer.byteLength
    if (missing > 0) {
      try {
        this.memory.grow(Math.ceil(missing / PAGE_BYTES))
      } catch (cause) {
        throw new WasmMemoryError(sizeBytes, start, { cause })
      }
    }
    this.#top = end
    return start
  }

  /** A region that holds a copy of `data`. */
  put(data: Int8Array | Int32Array | Uint32Array): number {
    const at = this.take(data.byteLength)
    new Uint8Array(this.memory.buffer, at, data.byteLength).set(
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    )
    return at
  }

  /** `count` i32 at `at`, without a copy; valid until the next {@link take}. */
  i32(at: number, count: number): Int32Array {
    return new Int32Array(this.memory.buffer, at, count)
  }

  get sizeBytes(): number {
    return this.#top
  }
}

/** Instantiates the compiled module over `memory`. */
export async function instantiate(module: WebAssembly.Module, memory: Memory): Promise<Kernels> {
  const instance = await WebAssembly.instantiate(module, { env: { memory: memory.memory } })
  return instance.exports as unknown as Kernels
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
