// The WASM SIMD backend for language models: for machines without a GPU, for audits and for checking. One thread.
import { ContextLengthError } from '#tensor/context-length.ts'
import type { ModelShape, ModelWeights } from '#tensor/exact/weights.ts'
import { assertNoHeadNorms } from '#tensor/head-norm-support.ts'
import type { DeviceModel, KvCache, LanguageBackend, SequenceRows, Step } from '#tensor/language-backend.ts'
import { type DeviceWeights, putWeights } from './device-weights.ts'
import { WasmCache } from './kv-cache.ts'
import { type Kernels, Memory, instantiate } from './module.ts'
import { type Scratch, takeScratch } from './scratch.ts'
import { type StepHost, WasmStep } from './step.ts'

/** Opens the backend over the compiled module (assembly/index.ts). */
export function openWasmLanguageBackend(module: WebAssembly.Module): LanguageBackend {
  return {
    info: { backend: 'wasm', adapter: 'WebAssembly SIMD, one thread', isSoftware: true, features: ['simd128'] },
    async load(weights, { signal, onProgress } = {}) {
      signal?.throwIfAborted()
      assertNoHeadNorms(weights, 'WebAssembly')
      const memory = new Memory()
      const kernels = await instantiate(module, memory)
      const device = putWeights(memory, weights, (done) => onProgress?.(done, weights.shape.layers))
      return new WasmModel(kernels, memory, weights, device)
    },
    close: async () => {},
  }
}

class WasmModel implements DeviceModel, StepHost {
  readonly kernels: Kernels
  readonly memory: Memory
  readonly weights: ModelWeights
  readonly device: DeviceWeights
  readonly #freeCaches = new Map<number, WasmCache[]>()
  #scratch: { rows: number; positions: number; region: Scratch } | undefined

  constructor(kernels: Kernels, memory: Memory, weights: ModelWeights, device: DeviceWeights) {
    this.kernels = kernels
    this.memory = memory
    this.weights = weights
    this.device = device
  }

  get shape(): ModelShape {
    return this.weights.shape
  }

  openCache(capacity: number): KvCache {
    if (capacity > this.shape.maxPositions) throw new ContextLengthError(capacity, this.shape.maxPositions)
    const free = this.#freeCaches.get(capacity)?.pop()
    if (free !== undefined) return free
    return new WasmCache(this.memory, this.shape, capacity, (cache) => {
      const list = this.#freeCaches.get(capacity) ?? []
      this.#freeCaches.set(capacity, [...list, cache])
    })
  }

  begin(sequences: readonly SequenceRows[]): Step {
    return new WasmStep(this, sequences)
  }

  /** Scratch for a step; kept and only replaced by a larger one, since memory is never given back. */
  scratch(rows: number, positions: number): Scratch {
    if (this.#scratch === undefined || this.#scratch.rows < rows || this.#scratch.positions < positions) {
      const grownRows = Math.max(rows, this.#scratch?.rows ?? 0)
      const grownPositions = Math.max(positions, this.#scratch?.positions ?? 0)
      this.#scratch = {
        rows: grownRows,
        positions: grownPositions,
        region: takeScratch(this.memory, this.shape, grownRows, grownPositions),
      }
    }
    return this.#scratch.region
  }

  async close(): Promise<void> {}
}
