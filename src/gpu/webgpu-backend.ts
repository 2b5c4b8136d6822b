// The WebGPU backend, for pages, dedicated workers and Dawn for Node: one operation at a time on one device, which is opened again when
// it is lost, with the variants that suit the adapter.
import { AppError } from '#core/errors.ts'
import { MAX_DIM } from '#core/content.ts'
import { type Backend, MAX_INNER_INT8, type OperationOptions } from '#tensor/backend.ts'
import { allocateResult, assertMatmul, assertOpen } from '#tensor/shape.ts'
import type { BufferStats } from './buffers.ts'
import { MATMUL_F32 } from './kernels/matmul-f32.ts'
import { MATMUL_INT8 } from './kernels/matmul-int8.ts'
import type { MatmulChoice, MatmulFamily } from './kernels/matmul.ts'
import { type Product, runMatmul } from './matmul.ts'
import { Pace } from './pace.ts'
import { type Session, openSession } from './session.ts'
import { type MatmulElement, NoVariantError, type TuningCache, choiceOf, chooseVariants } from './tuning.ts'

/** How to open the backend. */
export type WebGpuOptions = {
  /** Where to find adapters; the platform's by default. */
  readonly gpu?: GPU
  /** Remembers which variants suit the adapter. */
  readonly cache?: TuningCache
  /** Variants to use instead of the measured best, by kernel name. */
  readonly variants?: Partial<Record<MatmulElement, string>>
  /** How long one submit may keep the GPU, asked before each: 8 ms by default, which leaves a visible page smooth. */
  readonly submitMs?: () => number
}

/** The backend, with what it holds on the GPU. */
export interface WebGpuBackend extends Backend {
  /** Bytes in the backend's own buffers. */
  bufferStats(): BufferStats
  /** Names of the variants in use, and of those that the adapter gets wrong; tests and measures them now if they are not known yet. */
  tune(): Promise<Record<MatmulElement, string> & { readonly replaced: readonly string[] }>
}

const FAMILIES: Readonly<Record<MatmulElement, MatmulFamily>> = { int8: MATMUL_INT8, f32: MATMUL_F32 }

const SUBMIT_MS = 8

/** Opens a device and its backend. Throws {@link NoGpuError} when there is none. */
export async function openWebGpuBackend(options: WebGpuOptions = {}): Promise<WebGpuBackend> {
  const gpu = options.gpu ?? globalThis.navigator?.gpu
  return new DeviceBackend(gpu, await openSession(gpu), options)
}

class DeviceBackend implements WebGpuBackend {
  readonly info
  readonly #gpu: GPU | undefined
  readonly #options: WebGpuOptions
  readonly #chosen = new Map<MatmulElement, MatmulChoice>()
  readonly #replaced = new Set<string>()
  readonly #pace: Pace
  #session: Session
  #last: Promise<unknown> = Promise.resolve()
  #isOpen = true

  constructor(gpu: GPU | undefined, session: Session, options: WebGpuOptions) {
    this.#gpu = gpu
    this.#session = session
    this.#options = options
    this.info = session.info
    this.#pace = new Pace(options.submitMs ?? (() => SUBMIT_MS))
  }

  async matmulInt8(...[a, b, shape, options]: Parameters<Backend['matmulInt8']>): Promise<Int32Array<ArrayBuffer>> {
    assertOpen(this.#isOpen)
    assertMatmul(shape, a.length, b.length, MAX_INNER_INT8)
    const out = allocateResult(shape, (length) => new Int32Array(length))
    await this.#matmul('int8', { a, b, shape, out }, options)
    return out
  }

  async matmulF32(...[a, b, shape, options]: Parameters<Backend['matmulF32']>): Promise<Float32Array<ArrayBuffer>> {
    assertOpen(this.#isOpen)
    assertMatmul(shape, a.length, b.length, MAX_DIM)
    const out = allocateResult(shape, (length) => new Float32Array(length))
    await this.#matmul('f32', { a, b, shape, out }, options)
    return out
  }

  async tune(): ReturnType<WebGpuBackend['tune']> {
    assertOpen(this.#isOpen)
    return this.#inTurn(undefined, async (session) => ({
      int8: (await this.#choice(session, 'int8')).tiled.kernel.name,
      f32: (await this.#choice(session, 'f32')).tiled.kernel.name,
      replaced: [...this.#replaced],
    }))
  }

  bufferStats(): BufferStats {
    return this.#session.pool.stats
  }

  async close(): Promise<void> {
    this.#isOpen = false
    await this.#last
    this.#session.device.destroy()
  }

  async #matmul(element: MatmulElement, product: Product, options: OperationOptions | undefined): Promise<void> {
    await this.#inTurn(options?.signal, async (session) => {
      const choice = await this.#choice(session, element)
      await runMatmul(session, choice, product, this.#pace, options?.signal)
    })
  }

  async #choice(session: Session, element: MatmulElement): Promise<MatmulChoice> {
    const known = this.#chosen.get(element)
    if (known !== undefined) return known
    const forced = this.#options.variants?.[element]
    if (forced === undefined) {
      const { choice, replaced } = await chooseVariants(session, FAMILIES[element], element, this.#options.cache)
      for (const name of replaced) this.#replaced.add(name)
      this.#chosen.set(element, choice)
      return choice
    }
    const choice = await choiceOf(session, FAMILIES[element], element, forced)
    if (choice === undefined) throw new NoVariantError(element, session.info.adapter)
    this.#chosen.set(element, choice)
    return choice
  }

  /** Runs `operation` after those before it: they share the budget of buffers, and the scopes that catch errors. */
  #inTurn<T>(signal: AbortSignal | undefined, operation: (session: Session) => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => this.#withRecovery(signal, operation))
    this.#last = turn.catch(() => undefined)
    return turn
  }

  /** Runs `operation`, once more on a new device when the device was lost under it. */
  async #withRecovery<T>(signal: AbortSignal | undefined, operation: (session: Session) => Promise<T>): Promise<T> {
    signal?.throwIfAborted()
    let isReopened = false
    for (;;) {
      const session = this.#session
      const outcome = await settle(guarded(session, operation))
      this.#pace.reset()
      if (!(await isLost(session, outcome, signal))) return unwrap(outcome)
      signal?.throwIfAborted()
      if (isReopened) throw new DeviceLostError(session.lostReason())
      this.#session = await openSession(this.#gpu)
      isReopened = true
    }
  }
}

type Outcome<T> = { readonly value: T } | { readonly error: unknown }

async function settle<T>(promise: Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await promise }
  } catch (error) {
    return { error }
  }
}

function unwrap<T>(outcome: Outcome<T>): T {
  if ('error' in outcome) throw outcome.error
  return outcome.value
}

/** Runs `operation`; what the device reports meanwhile becomes an error of the operation. */
async function guarded<T>(session: Session, operation: (session: Session) => Promise<T>): Promise<T> {
  session.device.pushErrorScope('out-of-memory')
  session.device.pushErrorScope('internal')
  session.device.pushErrorScope('validation')
  const outcome = await settle(operation(session))
  const scopes = [session.device.popErrorScope(), session.device.popErrorScope(), session.device.popErrorScope()]
  const [invalid, internal, outOfMemory] = await Promise.all(scopes)
  if ('error' in outcome && outcome.error instanceof AppError) throw outcome.error
  if (outOfMemory) throw new GpuFaultError('capacity', outOfMemory.message)
  const fault = invalid?.message ?? internal?.message ?? session.takeFault()
  if (fault !== undefined) throw new GpuFaultError('bug', fault)
  return unwrap(outcome)
}

/** Time for the news of a lost device to follow the failure it caused. */
const LOSS_NEWS_MS = 250

async function isLost(session: Session, outcome: Outcome<unknown>, signal: AbortSignal | undefined): Promise<boolean> {
  const isOtherwiseExplained = 'value' in outcome || outcome.error instanceof AppError || signal?.aborted === true
  if (!isOtherwiseExplained && session.lostReason() === undefined) {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, LOSS_NEWS_MS)
    await Promise.race([session.lost, promise])
    clearTimeout(timer)
  }
  return session.lostReason() !== undefined
}

/** The GPU was lost again and again. */
export class DeviceLostError extends AppError {
  override readonly name = 'gpu.DeviceLost'
  constructor(reason: string | undefined) {
    super('unavailable', `The GPU was lost, and lost again after it was opened anew: ${reason ?? 'no reason given'}.`)
  }
}

/** The device reported an error during an operation. */
export class GpuFaultError extends AppError {
  override readonly name = 'gpu.Fault'
  constructor(kind: 'bug' | 'capacity', message: string) {
    super(kind, `The GPU reported an error: ${message}`)
  }
}
