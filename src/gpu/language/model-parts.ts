// What the steps of a model work with.
import type { ModelShape, ModelWeights } from '#tensor/exact/weights.ts'
import type { DeviceWeights } from './device-weights.ts'
import type { KvArena } from './kv-arena.ts'
import type { ModelKernels } from './model-kernels.ts'
import type { ScratchKeeper } from './scratch.ts'
import type { StepEncoder } from './step-encoder.ts'

/** Encodes and submits a step that copies to `staging`; returns what to make of the bytes while they are mapped. */
export type Submission<T> = (staging: GPUBuffer) => (bytes: ArrayBuffer) => T

/** A model on a device, as its steps see it. */
export type ModelParts = {
  readonly shape: ModelShape
  readonly weights: ModelWeights
  readonly device: DeviceWeights
  readonly kernels: ModelKernels
  readonly arena: KvArena
  readonly scratches: ScratchKeeper
  readonly queue: GPUQueue
  /** An encoder for one step. */
  encoder(): StepEncoder
  /** Runs `submit` and reads `sizeBytes` back. Throws what the device reports meanwhile. */
  readBack<T>(sizeBytes: number, submit: Submission<T>): Promise<T>
}
