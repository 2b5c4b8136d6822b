// The WASM SIMD backend for language models: for machines without a GPU, for audits and for checking.
import { ContextLengthError } from '#tensor/context-length.ts'
import type { ModelShape, ModelWeights } from '#tensor/exact/weights.ts'
import { assertFits } from '#tensor/memory-plan.ts'
import type { DeviceModel, KvCache, LanguageBackend, SequenceRows, Step } from '#tensor/language-backend.ts'
import { type DeviceWeights, WeightLoader } from './device-weights.ts'
import { WasmCache } from './kv-cache.ts'
import { MAX_MEMORY_BYTES, Memory } from './memory.ts'
import { memoryPlan } from './memory-plan.ts'
import { type KernelModule, instantiate } from './module.ts'
import { type Scratch, takeScratch, threadBytes } from './scratch.ts'
import { type StepHost, WasmStep } from './step.ts'
import { Threads } from './threads.ts'

/** A model in linear memory. */
export type WasmDeviceModel = DeviceModel & {
  /** Bytes of linear memory that were taken so far, those in use and those given back. */
  readonly memoryBytes: number
}

type LoadOptions = Parameters<LanguageBackend['load']>[1]

/** The backend, whose models say what memory they take. */
export interface WasmLanguageBackend extends LanguageBackend {
  load(weights: ModelWeights, options?: LoadOptions): Promise<WasmDeviceModel>
}

/** Opens the backend over the compiled kernels (assembly/step.ts). */
export function openWasmLanguageBackend(source: KernelModule): WasmLanguageBackend {
  const count = source.threads?.count ?? 1
  const adapter = `WebAssembly SIMD, ${count === 1 ? 'one thread' : `${count} threads`}`
  return {
    info: { backend: 'wasm', adapter, isSoftware: true, features: ['simd128'] },
    async load(weights, { signal, onProgress } = {}) {
      signal?.throwIfAborted()
      assertFits(memoryPlan(weights, count), MAX_MEMORY_BYTES, 'WebAssembly')
      const memory = new Memory(count > 1)
      const kernels = await instantiate(source.module, memory.memory)
      const loading = new WeightLoader(memory, kernels, weights).load()
      for (;;) {
        const { done, value } = loading.next()
        if (done === true) return new WasmModel(memory, new Threads(memory, kernels, source), weights.shape, value)
        onProgress?.(value, weights.shape.layers)
        await eventsHeard()
        signal?.throwIfAborted()
      }
    },
    close: async () => {},
  }
}

class WasmModel implements WasmDeviceModel, StepHost {
  readonly memory: Memory
  readonly shape: ModelShape
  readonly device: DeviceWeights
  readonly #threads: Threads
  #scratch: Scratch | undefined

  constructor(memory: Memory, threads: Threads, shape: ModelShape, device: DeviceWeights) {
    this.memory = memory
    this.#threads = threads
    this.shape = shape
    this.device = device
  }

  get memoryBytes(): number {
    return this.memory.sizeBytes
  }

  openCache(capacity: number): KvCache {
    if (capacity > this.shape.maxPositions) throw new ContextLengthError(capacity, this.shape.maxPositions)
    return new WasmCache(this.memory, this.shape, capacity)
  }

  begin(sequences: readonly SequenceRows[]): Step {
    return new WasmStep(this, sequences)
  }

  scratch(rows: number, positions: number): Scratch {
    this.#threads.reserve(threadBytes(this.shape, positions))
    if (this.#scratch !== undefined && this.#scratch.count >= rows) return this.#scratch
    if (this.#scratch !== undefined) this.memory.release(this.#scratch.region)
    this.#scratch = undefined
    this.#scratch = takeScratch(this.memory, this.shape, rows)
    return this.#scratch
  }

  run(step: number, operations: number, count: number): void {
    this.#threads.run(this.device.model, step, operations, count)
  }

  async close(): Promise<void> {
    this.#threads.close()
  }
}

/** Lets an abort be heard between two layers. */
function eventsHeard(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0))
}
