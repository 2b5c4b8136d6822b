// What the steps of a model work with: what stays, and what lives as long as the device does.
import type { ModelShape, ModelWeights } from '#tensor/exact/weights.ts'
import type { DeviceWeights } from './device-weights.ts'
import type { KvBuffers } from './kv-arena.ts'
import type { ModelKernels } from './model-kernels.ts'
import type { ScratchKeeper } from './scratch.ts'
import type { StepEncoder } from './step-encoder.ts'

/** Encodes and submits a step that copies to `staging`; returns what to make of the bytes while they are mapped. */
export type Submission<T> = (staging: GPUBuffer) => (bytes: ArrayBuffer) => T

/** A model on a device. */
export type LiveModel = {
  readonly weights: DeviceWeights
  readonly kernels: ModelKernels
  readonly cache: KvBuffers
  readonly scratches: ScratchKeeper
  readonly queue: GPUQueue
  /** An encoder for one step. */
  encoder(): StepEncoder
  /** Runs `submit` and reads `sizeBytes` back. Throws what the device reports meanwhile. */
  readBack<T>(sizeBytes: number, submit: Submission<T>): Promise<T>
}

/** A model, wherever it is just now. */
export type StepHost = {
  readonly shape: ModelShape
  readonly weights: ModelWeights
  /** Pages of all its caches. */
  readonly pages: number
  /** The model on the present device: on a new one if the last was lost, where caches hold nothing any more. */
  live(): Promise<LiveModel>
}
