// GPU buffers by size class, reused rather than created anew, within a budget of bytes. What is lent counts, and so does what lies ready.
import { AppError } from '#core/errors.ts'

/** Most bytes a backend holds in buffers of its own. A tab should not take more from its visitor's GPU. */
export const BUFFER_BUDGET_BYTES = 256 * 2 ** 20

/** What a buffer is for. */
export type BufferRole = 'storage' | 'uniform' | 'staging' | 'query'

/** Bytes held now, and the most there ever were. */
export type BufferStats = { readonly heldBytes: number; readonly peakBytes: number; readonly budgetBytes: number }

const SMALLEST_BYTES = 4096

/** Lends the buffers of one device. */
export class BufferPool {
  readonly #device: GPUDevice
  readonly #budgetBytes: number
  readonly #idle = new Map<string, GPUBuffer[]>()
  #heldBytes = 0
  #peakBytes = 0

  constructor(device: GPUDevice, budgetBytes = BUFFER_BUDGET_BYTES) {
    this.#device = device
    this.#budgetBytes = budgetBytes
  }

  get stats(): BufferStats {
    return { heldBytes: this.#heldBytes, peakBytes: this.#peakBytes, budgetBytes: this.#budgetBytes }
  }

  /** A buffer of at least `sizeBytes`, with what its last use left in it. Throws {@link BufferCapacityError} past budget or memory. */
  async acquire(role: BufferRole, sizeBytes: number): Promise<GPUBuffer> {
    const size = sizeClass(sizeBytes)
    return this.#idle.get(`${role} ${size}`)?.pop() ?? this.#within(role, size)
  }

  /** Runs `use` with a buffer of `sizeBytes` and no more, destroyed afterwards: for one that is large and seldom needed. */
  async usingOnce<T>(role: BufferRole, sizeBytes: number, use: (buffer: GPUBuffer) => Promise<T>): Promise<T> {
    const buffer = await this.#within(role, Math.ceil(sizeBytes / 4) * 4)
    try {
      return await use(buffer)
    } finally {
      this.#destroy(buffer)
    }
  }

  /** A new buffer, if the budget allows it once nothing lies idle. */
  async #within(role: BufferRole, size: number): Promise<GPUBuffer> {
    if (this.#heldBytes + size > this.#budgetBytes) this.#destroyIdle()
    if (this.#heldBytes + size > this.#budgetBytes)
      throw new BufferCapacityError(size, this.#heldBytes, `the budget is ${this.#budgetBytes} bytes`)
    return this.#create(role, size)
  }

  /** Takes back a buffer for the next who needs one. */
  release(role: BufferRole, buffer: GPUBuffer): void {
    const key = `${role} ${buffer.size}`
    const idle = this.#idle.get(key)
    if (idle === undefined) this.#idle.set(key, [buffer])
    else idle.push(buffer)
  }

  /** Runs `use` with buffers that are given back afterwards. */
  async using<T>(
    use: (acquire: (role: BufferRole, sizeBytes: number) => Promise<GPUBuffer>) => Promise<T>,
  ): Promise<T> {
    const lent: [BufferRole, GPUBuffer][] = []
    try {
      return await use(async (role, sizeBytes) => {
        const buffer = await this.acquire(role, sizeBytes)
        lent.push([role, buffer])
        return buffer
      })
    } finally {
      for (const [role, buffer] of lent) this.release(role, buffer)
    }
  }

  async #create(role: BufferRole, size: number): Promise<GPUBuffer> {
    this.#device.pushErrorScope('out-of-memory')
    this.#device.pushErrorScope('validation')
    const buffer = this.#device.createBuffer({ label: `pool ${role}`, size, usage: usageOf(role) })
    this.#heldBytes += size
    const [invalid, outOfMemory] = await Promise.all([this.#device.popErrorScope(), this.#device.popErrorScope()])
    const error = invalid ?? outOfMemory
    if (error !== null) {
      this.#destroy(buffer)
      throw new BufferCapacityError(size, this.#heldBytes, error.message)
    }
    this.#peakBytes = Math.max(this.#peakBytes, this.#heldBytes)
    return buffer
  }

  #destroyIdle(): void {
    for (const buffers of this.#idle.values()) for (const buffer of buffers) this.#destroy(buffer)
    this.#idle.clear()
  }

  #destroy(buffer: GPUBuffer): void {
    this.#heldBytes -= buffer.size
    buffer.destroy()
  }
}

/** Sizes in steps of a quarter of a power of two: at most a quarter is wasted, and few classes lie idle. */
function sizeClass(sizeBytes: number): number {
  if (sizeBytes <= SMALLEST_BYTES) return SMALLEST_BYTES
  const step = 2 ** (Math.floor(Math.log2(sizeBytes)) - 2)
  return Math.ceil(sizeBytes / step) * step
}

function usageOf(role: BufferRole): GPUBufferUsageFlags {
  const usage = GPUBufferUsage
  if (role === 'uniform') return usage.UNIFORM | usage.COPY_DST
  if (role === 'staging') return usage.MAP_READ | usage.COPY_DST
  if (role === 'query') return usage.QUERY_RESOLVE | usage.COPY_SRC
  return usage.STORAGE | usage.COPY_SRC | usage.COPY_DST
}

/** No room for a buffer. */
export class BufferCapacityError extends AppError {
  override readonly name = 'gpu.BufferCapacity'
  constructor(wantedBytes: number, heldBytes: number, problem: string) {
    super('capacity', `A GPU buffer of ${wantedBytes} bytes cannot be had beside the ${heldBytes} held: ${problem}.`)
  }
}
