// The worker's side of worker-api.ts: one device, one unit at a time, behind the gate of the consent. The entries (worker.ts in pages, thread.ts
// in Node) hand it their backends.
import type { ByteSource } from '#core/byte-source.ts'
import type { Clock } from '#core/clock.ts'
import { type ContentRef, contentBytes } from '#core/content.ts'
import { DIGEST_BYTES, type Digest } from '#core/digest.ts'
import type { PublicKey, Signer } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import { fromHex } from '#core/bytes.ts'
import { leafDigestAsync, merkleRoot } from '#core/merkle.ts'
import { seededRandom } from '#core/random.ts'
import type { SigningContext } from '#core/signed.ts'
import { signerFromKeyPair } from '#identity/session-key.ts'
import { type Beat, nextSequence, signBeat } from '#liveness/beat.ts'
import { scheduleBeats } from '#liveness/schedule.ts'
import { slotOf } from '#liveness/slot.ts'
import type { ModelCache } from '#model/model-cache.ts'
import { type Kind, type UnitInputs, inputsFrom } from '#work/kind.ts'
import { type KernelSet, runSelfTest } from '#work/self-test.ts'
import type { Unit } from '#work/unit.ts'
import { ConsentError, type SignedConsent, openConsent } from './consent.ts'
import type { FileFolder } from './file-folder.ts'
import type { Held } from './guest/cause.ts'
import { GuestGate } from './guest/gate.ts'
import type { LocalMinute } from './guest/hours.ts'
import type { GuestSignals } from './guest/signals.ts'
import { ModelFiles } from './model-files.ts'
import { modelLimitBytes } from './model-limit.ts'
import {
  type BackendChoice,
  type DeviceOpeners,
  type OpenDevices,
  type OpenedBackend,
  openDevices,
} from './open-devices.ts'
import { Pacer } from './pacer.ts'
import type { ThrottledBackend } from './throttle.ts'
import type {
  BeatKey,
  BeatStatus,
  InputParts,
  OpenedDevice,
  ProgressListener,
  SelfTestResult,
  UnitResult,
  WorkerApi,
} from './worker-api.ts'

/** What the entry of a worker hands over. */
export type WorkerParts = DeviceOpeners & {
  readonly findKind: (unit: Unit) => Kind
  /** Where model files are kept between units and runs. */
  readonly openFolder: () => Promise<FileFolder>
  readonly clock: Clock
  /** Memory of the machine, as far as it tells. */
  readonly memoryBytes: number
  /** The device's own time zone when left out. */
  readonly localMinute?: LocalMinute
}

/** Tasks whose inputs are kept: a node holds few leases at once, and this bounds the memory of a coordinator's mistake. */
export const MAX_TASKS = 8

/** Longest product that sets the rate: 2 · 1024^3 operations. */
const MAX_RATE_SIZE = 1024

/** A product that takes this long tells the rate well enough. */
const RATE_MS = 40

/** `letGo` gives the task's files free again. */
type Task = {
  readonly unit: Unit
  readonly kind: Kind
  readonly inputs: UnitInputs
  readonly stop: AbortController
  readonly letGo: Promise<() => void>
}

/** The worker's side. One device, one unit at a time. */
export class UnitWorker implements WorkerApi {
  readonly #parts: WorkerParts
  readonly #tasks = new Map<string, Task>()
  #files: Promise<ModelFiles> | undefined
  #devices: OpenDevices | undefined
  #wanted: { readonly preferred: BackendChoice; readonly consent: SignedConsent; readonly gate: GuestGate } | undefined
  #signals: GuestSignals | null = null
  #onStatus: (status: Held) => void = () => {}
  /** Ends the turn that uses the device now, also while it rests. */
  #turn: AbortSignal | undefined
  #queue: Promise<unknown> = Promise.resolve()
  #signer: Signer | undefined
  #context: SigningContext | undefined
  #status: BeatStatus = { state: 'idle', ratedMops: 0, unitsDone: 0 }
  #sequence = 0
  #stopBeats = () => {}

  constructor(parts: WorkerParts) {
    this.#parts = parts
  }

  async open(preferred: BackendChoice, consent: SignedConsent): Promise<OpenedDevice> {
    const { clock, localMinute } = this.#parts
    const gate = new GuestGate({
      consent: openConsent(consent, clock.nowMs()),
      signals: this.#signals,
      clock,
      ...(localMinute === undefined ? {} : { localMinute }),
      onStatus: (status) => this.#onStatus(status),
    })
    this.#wanted?.gate.close()
    this.#wanted = { preferred, consent, gate }
    await gate.ready()
    return this.#open(preferred, gate, false)
  }

  async setConsent(consent: SignedConsent): Promise<void> {
    if (this.#wanted === undefined) throw new NotOpenError()
    const { gate, preferred, consent: before } = this.#wanted
    const opened = openConsent(consent, this.#parts.clock.nowMs())
    assertSameNode(before, consent.signer, consent.network)
    this.#wanted = { preferred, consent, gate }
    gate.setConsent(opened)
  }

  async setSignals(signals: GuestSignals): Promise<void> {
    this.#signals = signals
    this.#wanted?.gate.setSignals(signals)
  }

  async watchGuest(onStatus: (status: Held) => void): Promise<void> {
    this.#onStatus = onStatus
  }

  /** In turn, so that no unit loses its device in the middle. */
  renew(): Promise<OpenedDevice> {
    return this.#inTurn(async () => {
      if (this.#wanted === undefined) throw new NotOpenError()
      return this.#open(this.#wanted.preferred, this.#wanted.gate, true)
    })
  }

  async #open(preferred: BackendChoice, gate: GuestGate, isFresh: boolean): Promise<OpenedDevice> {
    gate.check()
    const previous = this.#devices
    this.#devices = undefined
    await previous?.close()
    const pacer = new Pacer({
      pace: () => gate.decision,
      check: () => gate.check(),
      ready: () => gate.ready(this.#turn),
      now: () => performance.now(),
      pause: (delayMs) => this.wait(delayMs),
      onBurst: (...burst) => gate.noteBurst(...burst),
    })
    this.#devices = await openDevices(this.#parts, preferred, pacer, isFresh)
    const { info, note, kernels } = this.#devices
    return { info, note, kernels, maxModelBytes: modelLimitBytes(this.#parts.memoryBytes) }
  }

  selfTest(seed: Digest, kernels: readonly KernelSet[]): Promise<SelfTestResult> {
    return this.#inTurn(async ({ backend, language }) => {
      const answer = await runSelfTest({ backend, language }, seed, kernels)
      return { answer, ratedMops: await measureRate(backend, seed) }
    })
  }

  async run(task: string, unit: Unit, parts: InputParts, onProgress?: ProgressListener): Promise<UnitResult> {
    const kind = this.#parts.findKind(unit)
    if (!this.#tasks.has(task) && this.#tasks.size >= MAX_TASKS) throw new TooManyTasksError()
    const inputs = inputsFrom(parts, this.#filesOf(kind, unit))
    const stop = this.#begin(task, unit, kind, inputs)
    return this.#inTurn(async ({ backend, models, busyMs }) => {
      await this.#tasks.get(task)?.letGo
      stop.signal.throwIfAborted()
      const startMs = busyMs()
      const options = { signal: stop.signal, ...(onProgress === undefined ? {} : { onProgress }) }
      const result = await kind.run(unit, inputs, { backend, models }, options)
      const leaves = await Promise.all(result.map((part) => leafDigestAsync(part)))
      return { parts: result, leaves, root: merkleRoot(leaves), busyMs: busyMs() - startMs }
    }, stop.signal)
  }

  async missingParts(file: ContentRef): Promise<readonly number[]> {
    return (await this.#keeper()).missingParts(file)
  }

  async beginFile(file: ContentRef, leaves: readonly Digest[]): Promise<void> {
    await (await this.#keeper()).beginFile(file, leaves)
  }

  async keepPart(id: Digest, index: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await (await this.#keeper()).keepPart(id, index, bytes)
  }

  async closeFile(id: Digest): Promise<void> {
    await (await this.#keeper()).closeFile(id)
  }

  async possession(task: string, key: Digest): Promise<Digest> {
    const held = this.#tasks.get(task)
    if (held === undefined) throw new UnknownTaskError(task)
    if (this.#devices === undefined) throw new NotOpenError()
    return held.kind.possession(held.unit, held.inputs, key, this.#devices.models)
  }

  recompute(task: string, unit: Unit, parts: InputParts, index: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#once(task, unit, parts, async (kind, inputs, models) => kind.recompute(unit, inputs, index, models))
  }

  audit(
    task: string,
    unit: Unit,
    parts: InputParts,
    result: readonly Uint8Array[],
    seed: Digest,
  ): Promise<number | null> {
    const random = seededRandom(fromHex(seed, DIGEST_BYTES))
    return this.#once(task, unit, parts, (kind, inputs, models, signal) =>
      kind.audit(unit, inputs, result, random, models, { signal }),
    )
  }

  /** Runs `work` in turn, as a task that {@link release} ends. */
  async #once<T>(
    task: string,
    unit: Unit,
    parts: InputParts,
    work: (kind: Kind, inputs: UnitInputs, models: ModelCache, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const kind = this.#parts.findKind(unit)
    if (!this.#tasks.has(task) && this.#tasks.size >= MAX_TASKS) throw new TooManyTasksError()
    const inputs = inputsFrom(parts, this.#filesOf(kind, unit))
    const stop = this.#begin(task, unit, kind, inputs)
    try {
      return await this.#inTurn(async ({ models }) => work(kind, inputs, models, stop.signal), stop.signal)
    } finally {
      this.#end(task)
    }
  }

  async language(): Promise<OpenedBackend | null> {
    return this.#devices?.usedLanguage() ?? null
  }

  async release(task: string): Promise<void> {
    this.#tasks.get(task)?.stop.abort()
    this.#end(task)
  }

  /** Keeps a task, and its files from being deleted. */
  #begin(task: string, unit: Unit, kind: Kind, inputs: UnitInputs): AbortController {
    this.#end(task)
    const stop = new AbortController()
    this.#tasks.set(task, { unit, kind, inputs, stop, letGo: this.#holdFiles(kind, unit) })
    return stop
  }

  #end(task: string): void {
    // Files that could not be held need not be let go.
    void this.#tasks.get(task)?.letGo.then(
      (letGo) => letGo(),
      () => undefined,
    )
    this.#tasks.delete(task)
  }

  async #holdFiles(kind: Kind, unit: Unit): Promise<() => void> {
    const contents = (kind.files?.(unit) ?? []).flatMap((input) => unit.inputs[input] ?? [])
    if (contents.length === 0) return () => {}
    const keeper = await this.#keeper()
    const holds = await Promise.all(contents.map(({ id }) => keeper.hold(id)))
    return () => holds.forEach((letGo) => letGo())
  }

  async startBeats(key: BeatKey, context: SigningContext, onBeat: (beat: Beat) => void): Promise<void> {
    const signer = 'privateKey' in key ? await signerFromKeyPair(key) : key
    if (this.#wanted !== undefined) assertSameNode(this.#wanted.consent, signer.publicKey, context.network)
    this.#signer = signer
    this.#context = context
    this.#stopBeats()
    this.#stopBeats = scheduleBeats(this.#parts.clock, signer.publicKey, () => void this.beatNow().then(onBeat))
  }

  async setStatus(status: BeatStatus, context: SigningContext): Promise<void> {
    this.#status = status
    this.#context = context
  }

  async beatNow(): Promise<Beat> {
    if (this.#signer === undefined || this.#context === undefined) throw new NoBeatsError()
    const nowMs = this.#parts.clock.nowMs()
    this.#sequence = nextSequence(this.#sequence, nowMs)
    return signBeat(this.#signer, this.#context, { ...this.#status, slot: slotOf(nowMs), sequence: this.#sequence })
  }

  wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.#parts.clock.after(delayMs, resolve))
  }

  #keeper(): Promise<ModelFiles> {
    this.#files ??= this.#parts.openFolder().then((folder) => new ModelFiles(folder))
    return this.#files
  }

  #filesOf(kind: Kind, unit: Unit): ReadonlyMap<number, ByteSource> {
    const files = new Map<number, ByteSource>()
    for (const input of kind.files?.(unit) ?? []) {
      const content = unit.inputs[input]
      if (content === undefined) continue
      const read = async (offset: number, length: number) => (await this.#keeper()).source(content).read(offset, length)
      files.set(input, { sizeBytes: contentBytes(content.layout), read })
    }
    return files
  }

  /** One use of the device after the other: kernels side by side only slow one another down. */
  #inTurn<T>(work: (devices: OpenDevices) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const turn = this.#queue.then(async () => {
      if (this.#devices === undefined) throw new NotOpenError()
      this.#turn = signal
      await this.#wanted?.gate.ready(signal)
      return work(this.#devices)
    })
    this.#queue = turn.catch(() => undefined)
    return turn
  }
}

/** A consent is one node's on one network: nothing else is done under it. */
function assertSameNode(consent: SignedConsent, node: PublicKey, network: Digest): void {
  if (consent.signer !== node) throw new ConsentError('another node signed it')
  if (consent.network !== network) throw new ConsentError('it was given for another network')
}

/** Doubles a square product until it takes long enough to tell the rate. */
async function measureRate(device: ThrottledBackend, seed: Digest): Promise<number> {
  const random = seededRandom(fromHex(seed, DIGEST_BYTES))
  for (let size = 128; ; size *= 2) {
    const matrix = new Int8Array(random.bytes(size * size).buffer)
    const startMs = device.busyMs()
    await device.matmulInt8(matrix, matrix, { m: size, k: size, n: size })
    const elapsedMs = device.busyMs() - startMs
    if (elapsedMs >= RATE_MS || size >= MAX_RATE_SIZE)
      return Math.round((2 * size ** 3) / Math.max(elapsedMs, 0.01) / 1e3)
  }
}

/** The worker was asked to compute before its device was opened. */
export class NotOpenError extends AppError {
  override readonly name = 'node.NotOpen'
  constructor() {
    super('bug', 'The worker has no device yet: open it first.')
  }
}

/** More units at once than a node may hold. */
export class TooManyTasksError extends AppError {
  override readonly name = 'node.TooManyTasks'
  constructor() {
    super('capacity', `The worker already holds the inputs of ${MAX_TASKS} units.`)
  }
}

/** A task that was never run or is released. */
export class UnknownTaskError extends AppError {
  override readonly name = 'node.UnknownTask'
  constructor(task: string) {
    super('bug', `The worker holds no task ${task.slice(0, 64)}.`)
  }
}

/** A beat was asked for before {@link WorkerApi.startBeats}. */
export class NoBeatsError extends AppError {
  override readonly name = 'node.NoBeats'
  constructor() {
    super('bug', 'The worker has no key to beat with.')
  }
}
