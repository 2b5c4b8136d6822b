// The WebGPU backend for language models: integer kernels alone, one submit and one read-back a step.
import { AppError } from '#core/errors.ts'
import { PACKED_DOT } from '#gpu/kernels/kernel.ts'
import { type Session, openSession } from '#gpu/session.ts'
import { DeviceLostError, GpuFaultError } from '#gpu/webgpu-backend.ts'
import type { ModelShape, ModelWeights } from '#tensor/exact/weights.ts'
import type { DeviceModel, KvCache, LanguageBackend, SequenceRows, Step } from '#tensor/language-backend.ts'
import { putWeights } from './device-weights.ts'
import { MAX_HEAD_DIM } from './kernels/attention.ts'
import type { Dot } from './kernels/pieces.ts'
import { KvArena } from './kv-arena.ts'
import { compileKernels } from './model-kernels.ts'
import type { ModelParts, Submission } from './model-parts.ts'
import { ScratchKeeper } from './scratch.ts'
import { StepEncoder, StepResources } from './step-encoder.ts'
import { GpuStep } from './step.ts'
import { Storage } from './storage.ts'

/** How to open the backend. */
export type WebGpuLanguageOptions = {
  /** Where to find adapters; the platform's by default. */
  readonly gpu?: GPU
  /** How to multiply bytes: by default packed where the device can. */
  readonly dot?: Dot
}

/** Opens a device for language models. Throws {@link NoGpuError} when there is none. */
export async function openWebGpuLanguageBackend(options: WebGpuLanguageOptions = {}): Promise<LanguageBackend> {
  const session = await openSession(options.gpu ?? globalThis.navigator?.gpu)
  const dot = options.dot ?? (session.languageFeatures.has(PACKED_DOT) ? 'packed' : 'plain')
  return {
    info: session.info,
    load: (weights, loading) => loadModel(session, dot, weights, loading),
    close: async () => session.device.destroy(),
  }
}

async function loadModel(
  session: Session,
  dot: Dot,
  weights: ModelWeights,
  { signal, onProgress }: Parameters<LanguageBackend['load']>[1] & object = {},
): Promise<DeviceModel> {
  signal?.throwIfAborted()
  const { shape } = weights
  assertHeads(shape)
  const { device, pipelines } = session
  const storage = new Storage(device)
  try {
    return await scoped(session, async () => {
      const kernels = await compileKernels(pipelines, shape.activationBits, shape.keyBits, dot)
      const onLayer = (done: number) => onProgress?.(done, shape.layers)
      const resources = new StepResources(device, pipelines)
      const parts: ModelParts = {
        shape,
        weights,
        device: await putWeights(storage, device.queue, weights, { signal, onLayer }),
        kernels,
        arena: new KvArena(device, storage, shape),
        scratches: new ScratchKeeper(storage, shape),
        queue: device.queue,
        encoder: () => new StepEncoder(device, resources),
        readBack: (sizeBytes, submit) => readBack(session, sizeBytes, submit),
      }
      return new GpuModel(parts, () => {
        resources.close()
        storage.destroyAll()
      })
    })
  } catch (error) {
    storage.destroyAll()
    throw error
  }
}

class GpuModel implements DeviceModel {
  readonly #parts: ModelParts
  readonly #release: () => void

  constructor(parts: ModelParts, release: () => void) {
    this.#parts = parts
    this.#release = release
  }

  get shape(): ModelShape {
    return this.#parts.shape
  }

  openCache(capacity: number): KvCache {
    return this.#parts.arena.open(capacity)
  }

  begin(sequences: readonly SequenceRows[]): Step {
    return new GpuStep(this.#parts, sequences)
  }

  async close(): Promise<void> {
    this.#release()
  }
}

async function readBack<T>(session: Session, sizeBytes: number, submit: Submission<T>): Promise<T> {
  return session.pool.using(async (acquire) => {
    const staging = await acquire('staging', sizeBytes)
    return scoped(session, async () => {
      const use = submit(staging)
      await staging.mapAsync(GPUMapMode.READ, 0, sizeBytes)
      try {
        return use(staging.getMappedRange(0, sizeBytes))
      } finally {
        staging.unmap()
      }
    })
  })
}

/** Runs `operation`; what the device reports meanwhile, its loss included, becomes its error. */
async function scoped<T>(session: Session, operation: () => Promise<T>): Promise<T> {
  const { device } = session
  device.pushErrorScope('out-of-memory')
  device.pushErrorScope('validation')
  const [outcome] = await Promise.allSettled([operation()])
  const [invalid, outOfMemory] = await Promise.all([device.popErrorScope(), device.popErrorScope()])
  if (outcome.status === 'rejected' && outcome.reason instanceof AppError) throw outcome.reason
  if (session.lostReason() !== undefined) throw new DeviceLostError(session.lostReason())
  if (outOfMemory !== null) throw new GpuFaultError('capacity', outOfMemory.message)
  if (invalid !== null) throw new GpuFaultError('bug', invalid.message)
  if (outcome.status === 'rejected') throw outcome.reason
  return outcome.value
}

function assertHeads({ headDim }: ModelShape): void {
  if (headDim > MAX_HEAD_DIM || headDim % 4 !== 0) throw new HeadDimError(headDim)
}

/** The attention kernel does not fit the model's heads. */
export class HeadDimError extends AppError {
  override readonly name = 'gpu.HeadDim'
  constructor(headDim: number) {
    super(
      'capacity',
      `Heads of ${headDim} values are not supported on the GPU: a multiple of 4 up to ${MAX_HEAD_DIM} is.`,
    )
  }
}
