// Recording and submitting work: dispatches of compiled kernels with their Params, copies, reading back, and the time a submit took on the GPU.
import type { BufferPool } from './buffers.ts'
import { type CompiledKernel, PARAMS_STRIDE, type PipelineCache } from './pipelines.ts'

/** Dispatches that one submit may hold. */
const MAX_DISPATCHES = 64

/** Values of a kernel's Params by field. */
export type Params = Readonly<Record<string, number>>

/** Adds a run of `kernel` on `tensors` over a grid of workgroups to the submit being recorded. */
export type Dispatch = (
  kernel: CompiledKernel,
  tensors: GPUBindGroup,
  params: Params,
  workgroups: readonly [number, number],
) => void

/** Records the dispatches of a submit. */
export type Recorder = (dispatch: Dispatch) => void

/** Records and submits on one device. */
export class CommandRunner {
  readonly #device: GPUDevice
  readonly #pool: BufferPool
  readonly #paramsBuffer: GPUBuffer
  readonly #paramsGroup: GPUBindGroup
  readonly #params = new Uint32Array((MAX_DISPATCHES * PARAMS_STRIDE) / 4)
  readonly #timestamps: GPUQuerySet | undefined

  private constructor(device: GPUDevice, pool: BufferPool, paramsGroup: GPUBindGroup, paramsBuffer: GPUBuffer) {
    this.#device = device
    this.#pool = pool
    this.#paramsBuffer = paramsBuffer
    this.#paramsGroup = paramsGroup
    this.#timestamps = device.features.has('timestamp-query')
      ? device.createQuerySet({ label: 'timer', type: 'timestamp', count: 2 })
      : undefined
  }

  /** A runner for `device`. */
  static async open(device: GPUDevice, pool: BufferPool, pipelines: PipelineCache): Promise<CommandRunner> {
    const buffer = await pool.acquire('uniform', MAX_DISPATCHES * PARAMS_STRIDE)
    const group = device.createBindGroup({
      label: 'params',
      layout: pipelines.paramsLayout,
      entries: [{ binding: 0, resource: { buffer, size: PARAMS_STRIDE } }],
    })
    return new CommandRunner(device, pool, group, buffer)
  }

  /** Binds buffers to group 0 of `kernel`, in the order of its tensors. */
  bind(kernel: CompiledKernel, tensors: readonly GPUBuffer[]): GPUBindGroup {
    const entries = tensors.map((buffer, binding) => ({ binding, resource: { buffer } }))
    return this.#device.createBindGroup({ label: kernel.kernel.name, layout: kernel.tensorLayout, entries })
  }

  /** Submits what `record` records in one pass, without waiting: the queue keeps the order. */
  enqueue(record: Recorder): void {
    const encoder = this.#device.createCommandEncoder()
    this.#encodePass(encoder, record, {})
    this.#device.queue.submit([encoder.finish()])
  }

  /** Submits what `record` records in one pass; resolves when the GPU has done it. */
  async submit(record: Recorder): Promise<void> {
    this.enqueue(record)
    await this.#device.queue.onSubmittedWorkDone()
  }

  /** Submits as {@link submit} does; resolves to the milliseconds it took, by the GPU's clock where there is one. */
  async measure(record: Recorder): Promise<number> {
    const startMs = performance.now()
    if (this.#timestamps === undefined) {
      await this.submit(record)
      return performance.now() - startMs
    }
    const gpuMs = await this.#measureByTimestamps(this.#timestamps, record)
    // Some drivers write no timestamps, or the same one twice.
    return gpuMs > 0 ? gpuMs : performance.now() - startMs
  }

  /** The first `sizeBytes` of `buffer`, handed to `use` as long as they are mapped. */
  async read<T>(buffer: GPUBuffer, sizeBytes: number, use: (bytes: ArrayBuffer) => T): Promise<T> {
    return this.#pool.using(async (acquire) => {
      const staging = await acquire('staging', sizeBytes)
      const encoder = this.#device.createCommandEncoder()
      encoder.copyBufferToBuffer(buffer, 0, staging, 0, sizeBytes)
      this.#device.queue.submit([encoder.finish()])
      await staging.mapAsync(GPUMapMode.READ, 0, sizeBytes)
      try {
        return use(staging.getMappedRange(0, sizeBytes))
      } finally {
        staging.unmap()
      }
    })
  }

  async #measureByTimestamps(timestamps: GPUQuerySet, record: Recorder): Promise<number> {
    return this.#pool.using(async (acquire) => {
      const resolved = await acquire('query', 16)
      const encoder = this.#device.createCommandEncoder()
      const timestampWrites = { querySet: timestamps, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 }
      this.#encodePass(encoder, record, { timestampWrites })
      encoder.resolveQuerySet(timestamps, 0, 2, resolved, 0)
      this.#device.queue.submit([encoder.finish()])
      return this.read(resolved, 16, (bytes) => {
        const [begin = 0n, end = 0n] = new BigUint64Array(bytes)
        return Number(end - begin) / 1e6
      })
    })
  }

  #encodePass(encoder: GPUCommandEncoder, record: Recorder, descriptor: GPUComputePassDescriptor): void {
    let count = 0
    const pass = encoder.beginComputePass(descriptor)
    record((compiled, tensors, params, [across, down]) => {
      if (count === MAX_DISPATCHES) throw new RangeError(`A submit holds at most ${MAX_DISPATCHES} dispatches.`)
      const offset = count++ * PARAMS_STRIDE
      for (const [i, field] of compiled.kernel.params.entries()) this.#params[offset / 4 + i] = params[field] ?? 0
      pass.setPipeline(compiled.pipeline)
      pass.setBindGroup(0, tensors)
      pass.setBindGroup(1, this.#paramsGroup, [offset])
      pass.dispatchWorkgroups(across, down)
    })
    pass.end()
    // Writes are ordered with submits: those of an earlier submit that still runs are not disturbed.
    this.#device.queue.writeBuffer(this.#paramsBuffer, 0, this.#params, 0, (count * PARAMS_STRIDE) / 4)
  }
}
