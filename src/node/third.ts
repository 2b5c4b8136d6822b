// A node's third opinion on a disputed part: fetch the few inputs that the part needs, compute it, sign its digest. It is asked of nodes
// that have no part in the unit; a busy or paused one declines.
import type { Clock } from '#core/clock.ts'
import type { PublicKey, Signer } from '#core/ed25519.ts'
import { toErrorRecord } from '#core/errors.ts'
import { leafDigest } from '#core/merkle.ts'
import { type SigningContext, messageId } from '#core/signed.ts'
import type { ArbitrationAnswer, ArbitrationRequest } from '#net/protocols/arbitrate/messages.ts'
import { isArbitration, signStatement } from '#verify/arbitration.ts'
import type { Kind } from '#work/kind.ts'
import { type Unit, unitId } from '#work/unit.ts'
import type { InputParts, WorkerApi } from './worker-api.ts'

/** What a third opinion takes. */
export type ThirdParts = {
  readonly signer: Signer
  readonly coordinator: PublicKey
  readonly clock: Clock
  readonly worker: Pick<WorkerApi, 'recompute'>
  readonly signing: () => SigningContext
  readonly findKind: (unit: Unit) => Kind
  /** The inputs that `kind` says it needs. */
  readonly fetchInputs: (unit: Unit, kind: Kind, signal: AbortSignal) => Promise<InputParts>
  /** Why nothing is computed now; undefined when it may be. */
  readonly refusal: () => string | undefined
}

/** Computes the part of `request` and signs its digest, or says why not. */
export async function thirdOpinion(
  { task, unit }: ArbitrationRequest,
  parts: ThirdParts,
  signal: AbortSignal,
): Promise<ArbitrationAnswer> {
  const { signer, coordinator, clock, worker, signing, findKind, fetchInputs, refusal } = parts
  const { body } = task
  const { network } = signing()
  const isOurs = body.node === signer.publicKey && body.unit === unitId(unit) && body.deadlineMs > clock.nowMs()
  if (!isOurs || !isArbitration(task, { network, coordinator })) return declined('the task is not for this node')
  const reason = refusal()
  if (reason !== undefined) return declined(reason)
  try {
    const kind = findKind(unit)
    kind.assertUnit(unit)
    const inputs = await fetchInputs(unit, { ...kind, needs: () => kind.partNeeds(unit, body.part) }, signal)
    const bytes = await worker.recompute(messageId(task), unit, inputs, body.part)
    return { statement: await signStatement(signer, signing(), task, leafDigest(bytes)), reason: '' }
  } catch (error) {
    return declined(toErrorRecord(error).message)
  }
}

function declined(reason: string): ArbitrationAnswer {
  return { statement: null, reason: reason.slice(0, 300) }
}
