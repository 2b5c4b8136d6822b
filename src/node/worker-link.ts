// Both ends of the line between a node and its worker, over Comlink. Errors keep their names and kinds, results are moved instead of copied,
// and whoever waits for a worker that has ended is told so.
import {
  type Endpoint,
  type ProxyMethods,
  expose,
  proxy,
  releaseProxy,
  transfer,
  transferHandlers,
  wrap,
} from 'comlink'
import { type Clock, systemClock } from '#core/clock.ts'
import type { PublicKey, Signature } from '#core/ed25519.ts'
import { AppError, type ErrorRecord, RemoteError, toErrorRecord } from '#core/errors.ts'
import type { SigningContext } from '#core/signed.ts'
import type { Beat } from '#liveness/beat.ts'
import type { Unit } from '#work/unit.ts'
import type { BeatKey, InputParts, ProgressListener, UnitResult, WorkerApi } from './worker-api.ts'

/** A running worker. */
export interface WorkerHandle {
  readonly api: WorkerApi
  /** Aborts when the worker has ended, with the reason. */
  readonly ended: AbortSignal
  /** Ends the worker at once, whatever it computes. */
  terminate(): void
}

/** How a worker is ended from outside, and how it says that it failed. */
export type WorkerControl = {
  readonly terminate: () => void
  readonly onFailure: (listener: (problem: string) => void) => void
}

type SignCallback = (message: Uint8Array<ArrayBuffer>) => Promise<Signature>

/** The API as it crosses: a key that is not a pair stays on its side and signs through a callback. */
type WireApi = Omit<WorkerApi, 'startBeats'> & {
  startBeats(pair: CryptoKeyPair, context: SigningContext, onBeat: (beat: Beat) => void): Promise<void>
  startBeatsFor(
    node: PublicKey,
    sign: SignCallback,
    context: SigningContext,
    onBeat: (beat: Beat) => void,
  ): Promise<void>
}

/** Serves `api` on `endpoint`: the worker's end. */
export function serveWorker(api: WorkerApi, endpoint?: Endpoint): void {
  keepErrors()
  const wire: WireApi = {
    open: (preferred, consent) => api.open(preferred, consent),
    setConsent: (consent) => api.setConsent(consent),
    setSignals: (signals) => api.setSignals(signals),
    watchGuest: (onStatus) => api.watchGuest(onStatus),
    renew: () => api.renew(),
    selfTest: (seed, kernels) => api.selfTest(seed, kernels),
    run: (task, unit, parts, onProgress) => runAndRelease(api, [task, unit, parts], onProgress),
    missingParts: (file) => api.missingParts(file),
    beginFile: (file, leaves) => api.beginFile(file, leaves),
    keepPart: (id, index, bytes) => api.keepPart(id, index, bytes),
    closeFile: (id) => api.closeFile(id),
    possession: (task, key) => api.possession(task, key),
    recompute: async (task, unit, parts, index) => movedBytes(await api.recompute(task, unit, parts, index)),
    audit: (task, unit, parts, result, seed) => api.audit(task, unit, parts, result, seed),
    language: () => api.language(),
    release: (task) => api.release(task),
    startBeats: (pair, context, onBeat) => api.startBeats(pair, context, onBeat),
    startBeatsFor: (publicKey, sign, context, onBeat) => api.startBeats({ publicKey, sign }, context, onBeat),
    setStatus: (status, context) => api.setStatus(status, context),
    beatNow: () => api.beatNow(),
    wait: (delayMs) => api.wait(delayMs),
  }
  expose(wire, endpoint)
}

/** Talks to the worker behind `endpoint`: the node's end. */
export function linkWorker(endpoint: Endpoint, control: WorkerControl): WorkerHandle {
  keepErrors()
  const remote = wrap<WireApi>(endpoint)
  const end = new AbortController()
  const finish = (error: AppError) => {
    if (end.signal.aborted) return
    control.terminate()
    end.abort(error)
  }
  control.onFailure((problem) => finish(new WorkerFailedError(problem)))
  const call = <T>(start: () => Promise<T>): Promise<T> => untilEnd(end.signal, start)
  const startBeats = (key: BeatKey, context: SigningContext, onBeat: (beat: Beat) => void): Promise<void> => {
    if ('privateKey' in key) return remote.startBeats(key, context, proxy(onBeat))
    return remote.startBeatsFor(
      key.publicKey,
      proxy((message: Uint8Array<ArrayBuffer>) => key.sign(message)),
      context,
      proxy(onBeat),
    )
  }
  return {
    ended: end.signal,
    terminate: () => finish(new WorkerEndedError()),
    api: {
      open: (preferred, consent) => call(() => remote.open(preferred, consent)),
      setConsent: (consent) => call(() => remote.setConsent(consent)),
      setSignals: (signals) => call(() => remote.setSignals(signals)),
      watchGuest: (onStatus) => call(() => remote.watchGuest(proxy(onStatus))),
      renew: () => call(() => remote.renew()),
      selfTest: (seed, kernels) => call(() => remote.selfTest(seed, kernels)),
      run: (task, unit, parts, onProgress) =>
        call(() => remote.run(task, unit, parts, onProgress === undefined ? undefined : proxy(onProgress))),
      missingParts: (file) => call(() => remote.missingParts(file)),
      beginFile: (file, leaves) => call(() => remote.beginFile(file, leaves)),
      keepPart: (id, index, bytes) => call(() => remote.keepPart(id, index, movedBytes(bytes))),
      closeFile: (id) => call(() => remote.closeFile(id)),
      possession: (task, key) => call(() => remote.possession(task, key)),
      recompute: (task, unit, parts, index) => call(() => remote.recompute(task, unit, parts, index)),
      audit: (task, unit, parts, result, seed) => call(() => remote.audit(task, unit, parts, result, seed)),
      language: () => call(() => remote.language()),
      release: (task) => call(() => remote.release(task)),
      startBeats: (key, context, onBeat) => call(() => startBeats(key, context, onBeat)),
      setStatus: (status, context) => call(() => remote.setStatus(status, context)),
      beatNow: () => call(() => remote.beatNow()),
      wait: (delayMs) => call(() => remote.wait(delayMs)),
    },
  }
}

/** A clock whose timers run in the worker, where a hidden page does not slow them down; on the platform's clock once the worker has ended. */
export function workerClock(worker: WorkerHandle): Clock {
  return {
    nowMs: () => systemClock.nowMs(),
    after(delayMs, callback) {
      const dueMs = systemClock.nowMs() + delayMs
      let isCancelled = false
      let cancel = () => {
        isCancelled = true
      }
      const onDue = () => {
        if (!isCancelled) callback()
      }
      worker.api.wait(delayMs).then(onDue, () => {
        if (!isCancelled) cancel = systemClock.after(Math.max(0, dueMs - systemClock.nowMs()), callback)
      })
      return () => cancel()
    },
  }
}

/** A listener crosses as a port of its own, which is closed when there is nothing more to tell. */
async function runAndRelease(
  api: WorkerApi,
  call: readonly [task: string, unit: Unit, parts: InputParts],
  onProgress: (ProgressListener & Partial<ProxyMethods>) | undefined,
): Promise<UnitResult> {
  try {
    return moved(await api.run(...call, onProgress))
  } finally {
    onProgress?.[releaseProxy]?.()
  }
}

function moved(result: UnitResult): UnitResult {
  return transfer(result, [...new Set(result.parts.map((part) => part.buffer))])
}

/** Bytes in a buffer of their own, which the other side gets for good. */
function movedBytes(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const own = bytes.length === bytes.buffer.byteLength ? bytes : bytes.slice()
  return transfer(own, [own.buffer])
}

function untilEnd<T>(end: AbortSignal, start: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onEnd = () => reject(end.reason as Error)
    if (end.aborted) {
      onEnd()
      return
    }
    end.addEventListener('abort', onEnd, { once: true })
    start()
      .then(resolve, reject)
      .finally(() => end.removeEventListener('abort', onEnd))
  })
}

/** Replaces Comlink's way with thrown values, which would lose an error's kind. */
export function keepErrors(): void {
  const original = transferHandlers.get('throw')
  if (original === undefined) return
  transferHandlers.set('throw', {
    canHandle: (value): value is unknown => original.canHandle(value),
    serialize: (thrown) => [toErrorRecord((thrown as { value: unknown }).value), []],
    deserialize: (record) => {
      throw new RemoteError(record as ErrorRecord)
    },
  })
}

/** The worker was ended on purpose. */
export class WorkerEndedError extends AppError {
  override readonly name = 'node.WorkerEnded'
  constructor() {
    super('unavailable', 'The worker has been stopped.')
  }
}

/** The worker died by itself. */
export class WorkerFailedError extends AppError {
  override readonly name = 'node.WorkerFailed'
  constructor(problem: string) {
    super('bug', `The worker failed: ${problem}. Reload the page, or start the node again.`)
  }
}
