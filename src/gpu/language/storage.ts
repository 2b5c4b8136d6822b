// Storage buffers of one model: refused past the device's limits before they are asked for, destroyed together.
import { AppError } from '#core/errors.ts'

/** Bytes held now, and the most there ever were. */
export type StorageStats = { readonly heldBytes: number; readonly peakBytes: number }

/** Creates and owns buffers. */
export class Storage {
  readonly #device: GPUDevice
  readonly #held = new Set<GPUBuffer>()
  #heldBytes = 0
  #peakBytes = 0

  constructor(device: GPUDevice) {
    this.#device = device
  }

  /** Most bytes that one buffer can be bound with. */
  get limitBytes(): number {
    return storageLimit(this.#device)
  }

  /** Bytes of all buffers, now and at most. */
  get stats(): StorageStats {
    return { heldBytes: this.#heldBytes, peakBytes: this.#peakBytes }
  }

  /** Zeros of `sizeBytes`, rounded up to whole words of 16 bytes. Throws {@link DeviceCapacityError} past the device's limit. */
  create(label: string, sizeBytes: number): GPUBuffer {
    if (sizeBytes > this.limitBytes) throw new DeviceCapacityError(label, sizeBytes, this.limitBytes)
    const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage
    const size = Math.max(16, Math.ceil(sizeBytes / 16) * 16)
    const buffer = this.#device.createBuffer({ label, size, usage: STORAGE | COPY_SRC | COPY_DST })
    this.#held.add(buffer)
    this.#heldBytes += size
    this.#peakBytes = Math.max(this.#peakBytes, this.#heldBytes)
    return buffer
  }

  /** A buffer that holds `data`. */
  put(label: string, data: ArrayBufferView<ArrayBuffer>): GPUBuffer {
    const buffer = this.create(label, data.byteLength)
    this.#device.queue.writeBuffer(buffer, 0, data.buffer, data.byteOffset, data.byteLength)
    return buffer
  }

  destroy(buffer: GPUBuffer): void {
    if (this.#held.delete(buffer)) this.#heldBytes -= buffer.size
    buffer.destroy()
  }

  destroyAll(): void {
    for (const buffer of this.#held) this.destroy(buffer)
  }
}

/** Most bytes that one buffer of `device` can be bound with. */
export function storageLimit({ limits }: GPUDevice): number {
  return Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize)
}

/** The device cannot hold something in one piece. */
export class DeviceCapacityError extends AppError {
  override readonly name = 'gpu.DeviceCapacity'
  constructor(what: string, sizeBytes: number, limitBytes: number) {
    super('capacity', `The GPU holds at most ${limitBytes} bytes in one piece; ${what} needs ${sizeBytes}.`)
  }
}
