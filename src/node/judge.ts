// What a node thinks of a close and of a peer's reveal. Verdicts, not errors; the coordinator and everyone offline judge again.
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { messageId, verifyMessage } from '#core/signed.ts'
import { CLOSE_TYPE, type Close, closeId } from '#verify/close.ts'
import { type Commitment, commitmentHash } from '#verify/commitment.ts'
import { REVEAL_TYPE, type Seen } from '#verify/reveal.ts'
import { type Lease, leaseId } from '#work/lease.ts'
import type { Shown } from './exchange.ts'

/** What a close is held against. */
export type CloseExpectation = {
  readonly network: Digest
  readonly coordinator: PublicKey
  readonly lease: Lease
  readonly commitment: Commitment
  /** What peers handed over directly, by lease. */
  readonly commitmentOf: (lease: Digest) => Commitment | undefined
  /** The close of that round that was accepted before, if there was one. */
  readonly known: Close | undefined
}

/** Why `close` is refused, or undefined when it is in order: signed, of this unit, with this node's commitment, and no other than peers gave. */
export function closeProblem(close: Close, expected: CloseExpectation): string | undefined {
  const { body } = close
  const { unit, admissionLeaf } = expected.lease.body
  if (close.signer !== expected.coordinator || !verifyMessage(close, CLOSE_TYPE, expected.network))
    return 'the close is not signed by the coordinator'
  if (body.unit !== unit || body.admissionLeaf !== admissionLeaf) return 'the close is of another unit'
  if (expected.known !== undefined && closeId(expected.known) !== closeId(close))
    return 'the coordinator signed two different closes of one round'
  const ownLease = leaseId(expected.lease)
  const own = body.entries.find((entry) => entry.lease === ownLease)
  if (own === undefined || own.commitment !== messageId(expected.commitment))
    return 'the close does not list the commitment of this node'
  for (const entry of body.entries) {
    const direct = expected.commitmentOf(entry.lease)
    if (direct !== undefined && (messageId(direct) !== entry.commitment || direct.signer !== entry.node))
      return 'the close lists another commitment than the peer handed over'
  }
  return undefined
}

/** What a reveal is held against. `tag` is the possession tag that the peer must know, recomputed here. */
export type RevealExpectation = {
  readonly network: Digest
  readonly unit: Digest
  readonly close: Close
  readonly root: Digest
  readonly tag: Digest
}

/** What this node says of a peer. */
export function judge(shown: Shown, expected: RevealExpectation): Seen {
  const { entry, reveal, commitment, transport } = shown
  if (reveal === null || commitment === null) return { node: entry.node, root: null, verdict: 'missing', transport }
  const { root, tag, nonce } = reveal.body
  const opening = {
    network: expected.network,
    lease: entry.lease,
    unit: expected.unit,
    node: entry.node,
    root,
    tag,
    nonce,
  }
  const isValid =
    messageId(commitment) === entry.commitment &&
    commitment.signer === entry.node &&
    commitment.body.lease === entry.lease &&
    reveal.signer === entry.node &&
    reveal.body.lease === entry.lease &&
    reveal.body.close === closeId(expected.close) &&
    commitment.body.hash === commitmentHash(opening) &&
    tag === expected.tag &&
    verifyMessage(reveal, REVEAL_TYPE, expected.network)
  if (!isValid) return { node: entry.node, root: null, verdict: 'invalid', transport }
  return { node: entry.node, root, verdict: root === expected.root ? 'agrees' : 'differs', transport }
}
