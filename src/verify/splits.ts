// The splits in a certificate: whose pay went to a site in part, by the word of those nodes alone.
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { type Split, isSplitOf } from '#identity/split.ts'
import { MAX_LEASE_MS } from '#work/lease.ts'
import type { CertificateBody } from './certificate.ts'
import { type Outcome, outcome } from './verdict.ts'

/** The split of `node` that a certificate names, or null. */
export function splitOf({ splits }: Pick<CertificateBody, 'splits'>, node: PublicKey): Split | null {
  return splits.find(({ signer }) => signer === node) ?? null
}

/** Whether `split` held while a node had work with that deadline, which began at most the longest lease before. */
export function isSplitAliveBefore({ body: { issuedMs, expiresMs } }: Split, deadlineMs: number): boolean {
  return issuedMs <= deadlineMs && deadlineMs - MAX_LEASE_MS < expiresMs
}

/** Each split is one node's own, of those who worked for the unit, and held while it did. */
export function* splitOutcomes(body: CertificateBody, network: Digest): Generator<Outcome> {
  const deadlines = deadlinesOf(body)
  const nodes = new Set(body.splits.map(({ signer }) => signer))
  yield outcome('split', nodes.size === body.splits.length, 'A node parts its pay twice.')
  for (const split of body.splits) {
    const deadlineMs = deadlines.get(split.signer)
    const holds =
      deadlineMs !== undefined && isSplitOf(split, split.signer, network) && isSplitAliveBefore(split, deadlineMs)
    yield outcome(
      'split',
      holds,
      `The split of node ${split.signer} is not signed by it, had ended, or is of a node that did no work.`,
    )
  }
}

/** Who worked for the unit, and until when each could. */
function deadlinesOf({ replicas, audit }: CertificateBody): Map<PublicKey, number> {
  const deadlines = new Map(replicas.map(({ lease: { body } }) => [body.node, body.deadlineMs]))
  if (audit !== null) deadlines.set(audit.task.body.auditor, audit.task.body.deadlineMs)
  return deadlines
}
