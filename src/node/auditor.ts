// A node as an auditor: fetch the inputs and the finished result, check it with randomness of its own, sign the report. A busy or paused node
// declines.
import { toHex } from '#core/bytes.ts'
import type { Clock } from '#core/clock.ts'
import { contentId } from '#core/content.ts'
import { DIGEST_BYTES, type Digest } from '#core/digest.ts'
import type { PublicKey, Signer } from '#core/ed25519.ts'
import { toErrorRecord } from '#core/errors.ts'
import { merkleRoot } from '#core/merkle.ts'
import type { Random } from '#core/random.ts'
import { type SigningContext, messageId } from '#core/signed.ts'
import type { AuditAnswer, AuditRequest } from '#net/protocols/audit/messages.ts'
import { isAuditTask, signAuditReport } from '#verify/audit.ts'
import type { Kind } from '#work/kind.ts'
import { type Unit, unitId } from '#work/unit.ts'
import type { InputParts, WorkerApi } from './worker-api.ts'

/** What an audit takes. */
export type AuditorParts = {
  readonly signer: Signer
  readonly coordinator: PublicKey
  readonly clock: Clock
  readonly random: Random
  readonly worker: Pick<WorkerApi, 'audit'>
  readonly signing: () => SigningContext
  readonly findKind: (unit: Unit) => Kind
  /** The inputs that `kind` says it needs. */
  readonly fetchInputs: (unit: Unit, kind: Kind, signal: AbortSignal) => Promise<InputParts>
  /** All parts of a content of the coordinator's, each held against its leaf. */
  readonly fetchContent: (
    id: Digest,
    leaves: readonly Digest[],
    signal: AbortSignal,
  ) => Promise<Uint8Array<ArrayBuffer>[]>
  /** Why nothing is computed now; undefined when it may be. */
  readonly refusal: () => string | undefined
}

/** Checks the result of `request` and signs what it found, or says why not. */
export async function auditResult(
  { task, unit, leaves }: AuditRequest,
  parts: AuditorParts,
  signal: AbortSignal,
): Promise<AuditAnswer> {
  const { signer, coordinator, clock, random, worker, signing, findKind, fetchInputs, fetchContent, refusal } = parts
  const { body } = task
  const { network } = signing()
  const isOurs = body.auditor === signer.publicKey && body.unit === unitId(unit) && body.deadlineMs > clock.nowMs()
  const isWhole = merkleRoot(leaves) === body.root
  if (!isOurs || !isWhole || !isAuditTask(task, { network, coordinator }))
    return declined('the task is not for this node')
  const reason = refusal()
  if (reason !== undefined) return declined(reason)
  try {
    const kind = findKind(unit)
    kind.assertUnit(unit)
    const inputs = await fetchInputs(unit, kind, signal)
    const result = await fetchContent(contentId(kind.resultLayout(unit), leaves), leaves, signal)
    const seed = toHex(random.bytes(DIGEST_BYTES)) as Digest
    const wrong = await worker.audit(messageId(task), unit, inputs, result, seed)
    return { report: await signAuditReport(signer, signing(), task, seed, wrong), reason: '' }
  } catch (error) {
    return declined(toErrorRecord(error).message)
  }
}

function declined(reason: string): AuditAnswer {
  return { report: null, reason: reason.slice(0, 300) }
}
