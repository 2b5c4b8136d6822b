// The WebGPU backend for language models: integer kernels alone, one submit and one read-back a step.
import { AppError } from '#core/errors.ts'
import { PACKED_DOT } from '#gpu/kernels/kernel.ts'
import { type Session, openSession } from '#gpu/session.ts'
import { GpuFaultError } from '#gpu/webgpu-backend.ts'
import type { ModelShape, ModelWeights } from '#tensor/exact/weights.ts'
import { assertFits } from '#tensor/memory-plan.ts'
import type { DeviceModel, KvCache, LanguageBackend, SequenceRows, Step } from '#tensor/language-backend.ts'
import { memoryPlan } from './memory-plan.ts'
import { putWeights } from './device-weights.ts'
import { MAX_HEAD_DIM } from './kernels/attention.ts'
import type { Dot } from './kernels/pieces.ts'
import { KvArena, KvBuffers } from './kv-arena.ts'
import { type KernelChoice, QUANTISED_FORM, type Sharing, WEIGHT_LAYOUT, compileKernels } from './model-kernels.ts'
import type { LiveModel, StepHost, Submission } from './model-parts.ts'
import { ScratchKeeper } from './scratch.ts'
import { StepEncoder, StepResources } from './step-encoder.ts'
import { GpuStep } from './step.ts'
import { Storage, type StorageStats, storageLimit } from './storage.ts'

/** How to open the backend. */
export type WebGpuLanguageOptions = {
  /** Where to find adapters; the platform's by default. */
  readonly gpu?: GPU
  /** How to multiply bytes: by default packed where the device can. */
  readonly dot?: Dot
  /** How threads share work: by default through workgroup memory, on emulated devices within quads where they can. */
  readonly sharing?: Sharing
  /** Keys from which on the attention of few rows goes in splits: 2,048 by default. No result depends on it. */
  readonly splitFrom?: number
  /** Most bytes that a model may take, its cache and work included: 8 GiB by default. */
  readonly memoryBytes?: number
}

/** Scores that a workgroup keeps between its passes. */
const KEPT_SCORES = 2048

/** As many on emulated devices, whose compilers write zeros to workgroup memory word by word. */
const EMULATED_KEPT_SCORES = 128

/** Most bytes that a model may take, unless told otherwise: WebGPU does not say what there is. */
const MEMORY_BYTES = 8 * 2 ** 30

/** Most bytes of a read-back whose staging buffer is kept for the next: logits of many rows are seldom wanted. */
const KEPT_STAGING_BYTES = 2 ** 20

/** A model on a GPU. */
export type WebGpuDeviceModel = DeviceModel & {
  /** Bytes in the buffers of the model, its caches and its work. */
  readonly memory: StorageStats
}

/** The backend, whose models say what memory they take. */
export interface WebGpuLanguageBackend extends LanguageBackend {
  load(...request: Parameters<LanguageBackend['load']>): Promise<WebGpuDeviceModel>
}

/** Opens a device for language models; a lost one is opened again. Throws {@link NoGpuError} when there is none. */
export async function openWebGpuLanguageBackend(options: WebGpuLanguageOptions = {}): Promise<WebGpuLanguageBackend> {
  const gpu = options.gpu ?? globalThis.navigator?.gpu
  const sessions = new Sessions(gpu, await openSession(gpu))
  return {
    info: sessions.last.info,
    load: (weights, loading) => GpuModel.load(sessions, options, weights, loading),
    close: async () => sessions.last.device.destroy(),
  }
}

/** The present device. */
class Sessions {
  readonly #gpu: GPU | undefined
  #opening: Promise<Session> | undefined
  last: Session

  constructor(gpu: GPU | undefined, session: Session) {
    this.#gpu = gpu
    this.last = session
  }

  async current(): Promise<Session> {
    if (this.last.lostReason() === undefined) return this.last
    this.#opening ??= openSession(this.#gpu)
    try {
      this.last = await this.#opening
      return this.last
    } finally {
      this.#opening = undefined
    }
  }
}

type Loading = NonNullable<Parameters<LanguageBackend['load']>[1]>

type Loaded = { readonly session: Session; readonly storage: Storage; readonly live: LiveModel; release(): void }

class GpuModel implements WebGpuDeviceModel, StepHost {
  readonly weights: ModelWeights
  readonly #sessions: Sessions
  readonly #options: WebGpuLanguageOptions
  readonly #arena: KvArena
  #loaded: Loaded
  #reloading: Promise<Loaded> | undefined

  private constructor(sessions: Sessions, options: WebGpuLanguageOptions, weights: ModelWeights, loaded: Loaded) {
    this.weights = weights
    this.#sessions = sessions
    this.#options = options
    this.#loaded = loaded
    this.#arena = new KvArena(weights.shape, () => storageLimit(this.#loaded.session.device))
  }

  static async load(
    sessions: Sessions,
    options: WebGpuLanguageOptions,
    weights: ModelWeights,
    loading: Loading = {},
  ): Promise<WebGpuDeviceModel> {
    assertHeads(weights.shape)
    return new GpuModel(sessions, options, weights, await upload(await sessions.current(), options, weights, loading))
  }

  get shape(): ModelShape {
    return this.weights.shape
  }

  get memory(): StorageStats {
    return this.#loaded.storage.stats
  }

  get pages(): number {
    return this.#arena.pages
  }

  openCache(capacity: number): KvCache {
    return this.#arena.open(capacity)
  }

  begin(sequences: readonly SequenceRows[]): Step {
    return new GpuStep(this, sequences)
  }

  async live(): Promise<LiveModel> {
    const session = await this.#sessions.current()
    if (this.#loaded.session !== session) {
      this.#reloading ??= this.#reload(session)
      await this.#reloading
    }
    return this.#loaded.live
  }

  async close(): Promise<void> {
    this.#loaded.release()
  }

  async #reload(session: Session): Promise<Loaded> {
    try {
      this.#arena.forget()
      this.#loaded.release()
      this.#loaded = await upload(session, this.#options, this.weights, {})
      return this.#loaded
    } finally {
      this.#reloading = undefined
    }
  }
}

async function upload(
  session: Session,
  options: WebGpuLanguageOptions,
  weights: ModelWeights,
  { signal, onProgress }: Loading,
): Promise<Loaded> {
  signal?.throwIfAborted()
  const { shape } = weights
  const { device, languageFeatures, pipelines } = session
  const choice: KernelChoice = {
    dot: options.dot ?? (languageFeatures.has(PACKED_DOT) ? 'packed' : 'plain'),
    sharing: options.sharing ?? (session.info.isSoftware && session.features.has('subgroups') ? 'quad' : 'workgroup'),
    keptScores: session.info.isSoftware ? EMULATED_KEPT_SCORES : KEPT_SCORES,
    splitFrom: options.splitFrom ?? KEPT_SCORES,
  }
  const plan = memoryPlan(weights, { layout: WEIGHT_LAYOUT[choice.sharing], form: QUANTISED_FORM[choice.sharing] })
  assertFits(plan, options.memoryBytes ?? MEMORY_BYTES, 'the GPU')
  const storage = new Storage(device)
  const destination = { storage, queue: device.queue, layout: WEIGHT_LAYOUT[choice.sharing] }
  const resources = new StepResources(device, pipelines)
  const release = () => {
    resources.close()
    storage.destroyAll()
  }
  try {
    return await scoped(session, async () => {
      const onLayer = (done: number) => onProgress?.(done, shape.layers)
      const live: LiveModel = {
        kernels: await compileKernels(pipelines, weights, choice),
        weights: await putWeights(destination, weights, { signal, onLayer }),
        cache: new KvBuffers(device, storage, shape),
        scratches: new ScratchKeeper(storage, shape, QUANTISED_FORM[choice.sharing]),
        queue: device.queue,
        encoder: () => new StepEncoder(device, resources),
        readBack: (sizeBytes, submit) => readBack(session, sizeBytes, submit),
      }
      return { session, storage, live, release }
    })
  } catch (error) {
    release()
    throw error
  }
}

async function readBack<T>(session: Session, sizeBytes: number, submit: Submission<T>): Promise<T> {
  const read = (staging: GPUBuffer) =>
    scoped(session, async () => {
      const use = submit(staging)
      await staging.mapAsync(GPUMapMode.READ, 0, sizeBytes)
      try {
        return use(staging.getMappedRange(0, sizeBytes))
      } finally {
        staging.unmap()
      }
    })
  if (sizeBytes > KEPT_STAGING_BYTES) return session.pool.usingOnce('staging', sizeBytes, read)
  return session.pool.using(async (acquire) => read(await acquire('staging', sizeBytes)))
}

/** Runs `operation`; what the device reports meanwhile, its loss included, becomes its error. */
async function scoped<T>(session: Session, operation: () => Promise<T>): Promise<T> {
  const { device } = session
  device.pushErrorScope('out-of-memory')
  device.pushErrorScope('validation')
  const [outcome] = await Promise.allSettled([operation()])
  const [invalid, outOfMemory] = await Promise.all([device.popErrorScope(), device.popErrorScope()])
  if (outcome.status === 'rejected' && outcome.reason instanceof AppError) throw outcome.reason
  if (outcome.status === 'rejected') await newsOfLoss(session)
  if (session.lostReason() !== undefined) throw new LanguageDeviceLostError(session.lostReason())
  if (outOfMemory !== null) throw new GpuFaultError('capacity', outOfMemory.message)
  if (invalid !== null) throw new GpuFaultError('bug', invalid.message)
  if (outcome.status === 'rejected') throw outcome.reason
  return outcome.value
}

/** Time for the news of a lost device to follow the failure it caused. */
const LOSS_NEWS_MS = 250

async function newsOfLoss(session: Session): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, LOSS_NEWS_MS)
  await Promise.race([session.lost, promise])
  clearTimeout(timer)
}

function assertHeads({ headDim }: ModelShape): void {
  if (headDim > MAX_HEAD_DIM || headDim % 4 !== 0) throw new HeadDimError(headDim)
}

/** The device was lost during a step or a load; the next one opens it again. */
export class LanguageDeviceLostError extends AppError {
  override readonly name = 'gpu.LanguageDeviceLost'
  constructor(reason: string | undefined) {
    super('unavailable', `The GPU was lost under a language model: ${reason ?? 'no reason given'}.`)
  }
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
