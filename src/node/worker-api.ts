// What a node asks of its worker: kernels, digests, timers and the signing of beats, so that nothing long and nothing on time depends on
// the main thread. unit-worker.ts does it.
import type { Digest } from '#core/digest.ts'
import type { PublicKey, Signature } from '#core/ed25519.ts'
import type { SigningContext } from '#core/signed.ts'
import type { Beat, BeatBody } from '#liveness/beat.ts'
import type { KernelSet, SelfTestAnswer } from '#work/self-test.ts'
import type { Unit } from '#work/unit.ts'
import type { SignedConsent } from './consent.ts'
import type { Held } from './guest/cause.ts'
import type { GuestSignals } from './guest/signals.ts'
import type { FileKeeper } from './model-files.ts'
import type { BackendChoice, OpenedBackend } from './open-devices.ts'

/** What a device is once it is open, the kernels that it has, and the largest model file that it takes. */
export type OpenedDevice = OpenedBackend & {
  readonly kernels: readonly KernelSet[]
  readonly maxModelBytes: number
}

/** What the kernels gave in the self-test, and the device's rate in 10^6 operations a second. */
export type SelfTestResult = { readonly answer: SelfTestAnswer; readonly ratedMops: number }

/** Parts of a unit's inputs by partKey. */
export type InputParts = ReadonlyMap<string, Uint8Array<ArrayBuffer>>

/** A computed unit. `busyMs` is the time that the device worked for it. */
export type UnitResult = {
  readonly parts: Uint8Array<ArrayBuffer>[]
  readonly leaves: readonly Digest[]
  readonly root: Digest
  readonly busyMs: number
}

/** Told the bytes of a unit's progress as they become certain. */
export type ProgressListener = (bytes: Uint8Array<ArrayBuffer>) => void

/** What a beat says besides slot and sequence. */
export type BeatStatus = Pick<BeatBody, 'state' | 'ratedMops' | 'unitsDone'>

/** The key beats are signed with: a pair that is posted into the worker, or a signer on the other side. */
export type BeatKey = CryptoKeyPair | { readonly publicKey: PublicKey; sign(message: Uint8Array): Promise<Signature> }

/** The worker as its node sees it. Every call may fail with an AppError; a call after the worker's end is refused. */
export interface WorkerApi extends FileKeeper {
  /** Opens the device. The one call that touches it first; refuses without a consent that holds, and waits while its rules pause the work. */
  open(preferred: BackendChoice, consent: SignedConsent): Promise<OpenedDevice>
  /** Puts another consent of the same node in force. */
  setConsent(consent: SignedConsent): Promise<void>
  /** What the page sees now; the rules that look at it do not hold before the first call. */
  setSignals(signals: GuestSignals): Promise<void>
  /** Tells `onStatus` whenever the rules pause the work, slow it down or let it go on. */
  watchGuest(onStatus: (held: Held) => void): Promise<void>
  /** Opens the device again after a proven fault: its kernels are tested anew, whatever was learned of them before. */
  renew(): Promise<OpenedDevice>
  selfTest(seed: Digest, kernels: readonly KernelSet[]): Promise<SelfTestResult>
  /** Computes `unit` and keeps its inputs as `task` for {@link possession}, until {@link release}. Kinds that have progress tell `onProgress`. */
  run(task: string, unit: Unit, parts: InputParts, onProgress?: ProgressListener): Promise<UnitResult>
  /** The kind's possession tag of a task that was run. */
  possession(task: string, key: Digest): Promise<Digest>
  /** Part `index` of a unit's result, computed alone from the inputs that it needs. */
  recompute(task: string, unit: Unit, parts: InputParts, index: number): Promise<Uint8Array<ArrayBuffer>>
  /** The kind's audit of a finished result, with randomness that `seed` gives. */
  audit(
    task: string,
    unit: Unit,
    parts: InputParts,
    result: readonly Uint8Array[],
    seed: Digest,
  ): Promise<number | null>
  /** What language models run on and why, once one was loaded. */
  language(): Promise<OpenedBackend | null>
  /** Forgets a task, and stops computing it. */
  release(task: string): Promise<void>
  /** Beats once a slot from now on; `onBeat` gets each signed beat. */
  startBeats(key: BeatKey, context: SigningContext, onBeat: (beat: Beat) => void): Promise<void>
  /** What the next beats say, and the checkpoint they carry. */
  setStatus(status: BeatStatus, context: SigningContext): Promise<void>
  /** Signs a beat now, because the state changed. */
  beatNow(): Promise<Beat>
  /** Resolves after `delayMs`: timers of a hidden page's worker are not slowed down. */
  wait(delayMs: number): Promise<void>
}
