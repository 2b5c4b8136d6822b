// What a node thinks of a close and of a peer's reveal. Verdicts, not errors; the coordinator and everyone offline judge again.
import type { Digest } from '#core/digest.ts'
import { messageId } from '#core/signed.ts'
import { type Close, closeId } from '#verify/close.ts'
import { type Authority, verifyClose, verifyEvidence } from '#verify/commit.ts'
import type { Commitment } from '#verify/commitment.ts'
import type { Seen } from '#verify/reveal.ts'
import { type Lease, leaseId } from '#work/lease.ts'
import type { Handed, Shown } from './exchange.ts'

/** What a close is held against. */
export type CloseExpectation = {
  readonly authority: Authority
  readonly lease: Lease
  readonly commitment: Commitment
  /** The close of that round that was accepted before, if there was one. */
  readonly known: Close | undefined
}

/** Why `close` is refused, or undefined when it is in order: signed, of this unit, with this node's commitment, and the only one of its round. */
export function closeProblem(
  close: Close,
  { authority, lease, commitment, known }: CloseExpectation,
): string | undefined {
  const verdict = verifyClose({ lease, commitment, close }, authority)
  if (!verdict.ok) return verdict.reason
  if (known !== undefined && closeId(known) !== closeId(close)) return 'The coordinator signed two closes of one round.'
  return undefined
}

/** What a reveal is held against. `tag` is the possession tag that the peer must know, recomputed here. */
export type RevealExpectation = {
  readonly authority: Authority
  readonly close: Close
  readonly root: Digest
  readonly tag: Digest
}

/**
 * What this node says of a peer. A root counts only when it opens the very commitment that the peer handed over and the close lists, and when
 * the peer knew the intermediate values. A peer that handed over another commitment than is listed is invalid, and harms nobody else.
 */
export function judge({ entry, handed, reveal, transport }: Shown, expected: RevealExpectation): Seen {
  const { node } = entry
  if (reveal === null || handed === null) return { node, root: null, verdict: 'missing', transport: null }
  const verdict = verifyEvidence({ ...handed, close: expected.close, reveal }, expected.authority)
  const isListed = handed.lease.body.node === node && messageId(handed.commitment) === entry.commitment
  const { root, tag } = reveal.body
  if (!verdict.ok || !isListed || tag !== expected.tag) return { node, root: null, verdict: 'invalid', transport }
  return { node, root, verdict: root === expected.root ? 'agrees' : 'differs', transport }
}

/** Whether a peer handed over, under the lease that the close lists, another commitment than the close does: one of the two is a lie, and signed. */
export function isEquivocating(shown: Shown): shown is Shown & { readonly handed: Handed } {
  const { entry, handed } = shown
  return handed !== null && leaseId(handed.lease) === entry.lease && messageId(handed.commitment) !== entry.commitment
}
