// A node's third opinion on a disputed part: fetch the few inputs that the part needs, compute it, sign its digest. It is asked of nodes
// that have no part in the unit.
import { leafDigest } from '#core/merkle.ts'
import { messageId } from '#core/signed.ts'
import type { ArbitrationAnswer, ArbitrationRequest } from '#net/protocols/arbitrate/messages.ts'
import { isArbitration, signStatement } from '#verify/arbitration.ts'
import type { Authority } from '#verify/commit.ts'
import { type AskedParts, answerTo } from './asked.ts'
import type { WorkerApi } from './worker-api.ts'

/** What a third opinion takes. */
export type ThirdParts = AskedParts & { readonly worker: Pick<WorkerApi, 'recompute'> }

/** Computes the part of `request` and signs its digest, or says why not. */
export async function thirdOpinion(
  { task, unit }: ArbitrationRequest,
  parts: ThirdParts,
  signal: AbortSignal,
): Promise<ArbitrationAnswer> {
  const { signer, worker, signing, fetchInputs } = parts
  const { part } = task.body
  const asked = { ...task.body, isSigned: (authority: Authority) => isArbitration(task, authority) }
  const { answer, reason } = await answerTo(asked, unit, parts, async (kind) => {
    const inputs = await fetchInputs(unit, { ...kind, needs: () => kind.partNeeds(unit, part) }, signal)
    const bytes = await worker.recompute(messageId(task), unit, inputs, part)
    return signStatement(signer, signing(), task, leafDigest(bytes))
  })
  return { statement: answer, reason }
}
