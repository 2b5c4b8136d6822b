// A node as an auditor: fetch the inputs and the finished result, check it with randomness of its own, sign the report.
import { toHex } from '#core/bytes.ts'
import { contentId } from '#core/content.ts'
import { DIGEST_BYTES, type Digest } from '#core/digest.ts'
import { merkleRoot } from '#core/merkle.ts'
import type { Random } from '#core/random.ts'
import { messageId } from '#core/signed.ts'
import type { AuditAnswer, AuditRequest } from '#net/protocols/audit/messages.ts'
import { isAuditTask, signAuditReport } from '#verify/audit.ts'
import type { Authority } from '#verify/commit.ts'
import { type AskedParts, answerTo } from './asked.ts'
import type { WorkerApi } from './worker-api.ts'

/** What an audit takes. */
export type AuditorParts = AskedParts & {
  readonly random: Random
  readonly worker: Pick<WorkerApi, 'audit'>
  /** All parts of a content of the coordinator's, each held against its leaf. */
  readonly fetchContent: (
    id: Digest,
    leaves: readonly Digest[],
    signal: AbortSignal,
  ) => Promise<Uint8Array<ArrayBuffer>[]>
}

/** Checks the result of `request` and signs what it found, or says why not. */
export async function auditResult(
  { task, unit, leaves }: AuditRequest,
  parts: AuditorParts,
  signal: AbortSignal,
): Promise<AuditAnswer> {
  const { signer, random, worker, signing, fetchInputs, fetchContent } = parts
  const { auditor: node, root, unit: of, deadlineMs } = task.body
  const isSigned = (authority: Authority) => merkleRoot(leaves) === root && isAuditTask(task, authority)
  const { answer, reason } = await answerTo({ node, unit: of, deadlineMs, isSigned }, unit, parts, async (kind) => {
    const inputs = await fetchInputs(unit, kind, signal)
    const result = await fetchContent(contentId(kind.resultLayout(unit), leaves), leaves, signal)
    const seed = toHex(random.bytes(DIGEST_BYTES)) as Digest
    const wrong = await worker.audit(messageId(task), unit, inputs, result, seed)
    return signAuditReport(signer, signing(), task, seed, wrong)
  })
  return { report: answer, reason }
}
