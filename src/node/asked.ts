// What the coordinator asks of a node besides leases: audits and third opinions. One that is not meant, is late, or is busy, declines.
import type { Clock } from '#core/clock.ts'
import type { Digest } from '#core/digest.ts'
import type { PublicKey, Signer } from '#core/ed25519.ts'
import { toErrorRecord } from '#core/errors.ts'
import type { SigningContext } from '#core/signed.ts'
import type { Authority } from '#verify/commit.ts'
import type { Kind } from '#work/kind.ts'
import { type Unit, unitId } from '#work/unit.ts'
import type { InputParts } from './worker-api.ts'

/** What it takes to answer. */
export type AskedParts = {
  readonly signer: Signer
  readonly coordinator: PublicKey
  readonly clock: Clock
  readonly signing: () => SigningContext
  readonly findKind: (unit: Unit) => Kind
  /** The inputs that `kind` says it needs. Throws when the device has no room for the unit's model. */
  readonly fetchInputs: (unit: Unit, kind: Kind, signal: AbortSignal) => Promise<InputParts>
  /** Why nothing is computed now; undefined when it may be. */
  readonly refusal: () => string | undefined
}

/** What is asked: `node` is to do something for `unit`; `isSigned` tells whether the coordinator asked for it. */
export type Asked = {
  readonly node: PublicKey
  readonly unit: Digest
  readonly deadlineMs: number
  readonly isSigned: (authority: Authority) => boolean
}

/** Longest reason to decline. */
const MAX_REASON = 300

/** What `work` gives for the unit, or why there is nothing: what fails declines. */
export async function answerTo<T>(
  asked: Asked,
  unit: Unit,
  { signer, coordinator, clock, signing, findKind, refusal }: AskedParts,
  work: (kind: Kind) => Promise<T>,
): Promise<{ readonly answer: T | null; readonly reason: string }> {
  const isOurs = asked.node === signer.publicKey && asked.unit === unitId(unit) && asked.deadlineMs > clock.nowMs()
  if (!isOurs || !asked.isSigned({ network: signing().network, coordinator }))
    return { answer: null, reason: 'the task is not for this node' }
  const reason = refusal()
  if (reason !== undefined) return { answer: null, reason: reason.slice(0, MAX_REASON) }
  try {
    const kind = findKind(unit)
    kind.assertUnit(unit)
    return { answer: await work(kind), reason: '' }
  } catch (error) {
    return { answer: null, reason: toErrorRecord(error).message.slice(0, MAX_REASON) }
  }
}
