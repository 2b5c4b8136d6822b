// Counts what a page or process asks of WebGPU, at the platform's own interface: whatever a backend says of itself plays no part.

/** What was asked for since the start. */
export type GpuUse = {
  readonly dispatches: number
  readonly submits: number
  readonly readBacks: number
  /** Buffers that exist, and the most that existed at once. */
  readonly bytes: number
  readonly peakBytes: number
}

/** Counts from now on, on every device. Called once. */
export function installGpuMeter(): () => GpuUse {
  const count = { dispatches: 0, submits: 0, readBacks: 0, bytes: 0, peakBytes: 0 }
  const living = new WeakSet<GPUBuffer>()
  watch(GPUComputePassEncoder.prototype, 'dispatchWorkgroups', () => count.dispatches++)
  watch(GPUComputePassEncoder.prototype, 'dispatchWorkgroupsIndirect', () => count.dispatches++)
  watch(GPUQueue.prototype, 'submit', () => count.submits++)
  watch(GPUBuffer.prototype, 'mapAsync', () => count.readBacks++)
  watch(GPUBuffer.prototype, 'destroy', (buffer) => {
    if (living.delete(buffer as GPUBuffer)) count.bytes -= (buffer as GPUBuffer).size
  })
  watch(GPUDevice.prototype, 'createBuffer', (_, created) => {
    const buffer = created as GPUBuffer
    living.add(buffer)
    count.bytes += buffer.size
    count.peakBytes = Math.max(count.peakBytes, count.bytes)
  })
  return () => ({ ...count })
}

/** Tells of each call of a method: on what, and what it returned. */
function watch(owner: object, name: string, onCall: (self: object, result: unknown) => void): void {
  const method = Reflect.get(owner, name) as (...args: unknown[]) => unknown
  Reflect.set(owner, name, function (this: object, ...args: unknown[]): unknown {
    const result = Reflect.apply(method, this, args)
    onCall(this, result)
    return result
  })
}
