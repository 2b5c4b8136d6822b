// The WASM SIMD backend for language models: for machines without a GPU, for audits and for checking. One thread.
import { ContextLengthError } from '#tensor/context-length.ts'
import type { ModelShape } from '#tensor/exact/weights.ts'
import type { DeviceModel, KvCache, LanguageBackend, SequenceRows, Step } from '#tensor/language-backend.ts'
import { type DeviceWeights, WeightLoader } from './device-weights.ts'
import { WasmCache } from './kv-cache.ts'
import { Memory, type Region } from './memory.ts'
import { type Kernels, instantiate } from './module.ts'
import { type Scratch, takeScratch, threadBytes } from './scratch.ts'
import { type StepHost, WasmStep } from './step.ts'

/** Opens the backend over the compiled module (assembly/step.ts). */
export function openWasmLanguageBackend(module: WebAssembly.Module): LanguageBackend {
  return {
    info: { backend: 'wasm', adapter: 'WebAssembly SIMD, one thread', isSoftware: true, features: ['simd128'] },
    async load(weights, { signal, onProgress } = {}) {
      signal?.throwIfAborted()
      const memory = new Memory()
      const kernels = await instantiate(module, memory)
      const loading = new WeightLoader(memory, kernels, weights).load()
      for (;;) {
        const { done, value } = loading.next()
        if (done === true) return new WasmModel(kernels, memory, weights.shape, value)
        onProgress?.(value, weights.shape.layers)
        await eventsHeard()
        signal?.throwIfAborted()
      }
    },
    close: async () => {},
  }
}

class WasmModel implements DeviceModel, StepHost {
  readonly memory: Memory
  readonly shape: ModelShape
  readonly device: DeviceWeights
  readonly #kernels: Kernels
  #scratch: Scratch | undefined
  #thread: { positions: number; region: Region } | undefined

  constructor(kernels: Kernels, memory: Memory, shape: ModelShape, device: DeviceWeights) {
    this.#kernels = kernels
    this.memory = memory
    this.shape = shape
    this.device = device
  }

  openCache(capacity: number): KvCache {
    if (capacity > this.shape.maxPositions) throw new ContextLengthError(capacity, this.shape.maxPositions)
    return new WasmCache(this.memory, this.shape, capacity)
  }

  begin(sequences: readonly SequenceRows[]): Step {
    return new WasmStep(this, sequences)
  }

  scratch(rows: number, positions: number): Scratch {
    if (this.#thread === undefined || this.#thread.positions < positions) {
      if (this.#thread !== undefined) this.memory.release(this.#thread.region)
      this.#thread = { positions, region: this.memory.take(threadBytes(this.shape, positions)) }
    }
    if (this.#scratch === undefined || this.#scratch.count < rows) {
      if (this.#scratch !== undefined) this.memory.release(this.#scratch.region)
      this.#scratch = takeScratch(this.memory, this.shape, rows)
    }
    return this.#scratch
  }

  run(step: number, operations: number, count: number): void {
    this.#kernels.run(this.device.model, step, operations, count, this.#thread?.region.at ?? 0)
  }

  async close(): Promise<void> {}
}

/** Lets an abort be heard between two layers. */
function eventsHeard(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0))
}
