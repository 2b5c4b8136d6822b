// Committing and revealing: how a node binds itself to a result, and how anyone checks that a reveal opens a commitment that was closed.
import { toHex } from '#core/bytes.ts'
import { DIGEST_BYTES, type Digest } from '#core/digest.ts'
import type { PublicKey, Signer } from '#core/ed25519.ts'
import type { Random } from '#core/random.ts'
import { type SigningContext, messageId, signMessage, verifyMessage } from '#core/signed.ts'
import { LEASE_TYPE, type Lease, leaseId } from '#work/lease.ts'
import { CLOSE_TYPE, type Close, type CloseBody, closeId } from './close.ts'
import { COMMITMENT_TYPE, type Commitment, type Opening, commitmentHash } from './commitment.ts'
import { REVEAL_TYPE, type Reveal } from './reveal.ts'
import { type Outcome, type Verdict, outcome, verdictOf } from './verdict.ts'

/** Whom a verifier trusts to sign leases, closes and certificates: the coordinator that the network's genesis names. */
export type Authority = { readonly network: Digest; readonly coordinator: PublicKey }

/** What one replica leaves behind when it has revealed. */
export type Evidence = {
  readonly lease: Lease
  readonly commitment: Commitment
  readonly close: Close
  readonly reveal: Reveal
}

/** The opening of a node's result under its lease. */
export function openingOf(lease: Lease, { root, tag, nonce }: { root: Digest; tag: Digest; nonce: Digest }): Opening {
  const { unit, node } = lease.body
  return { network: lease.network, lease: leaseId(lease), unit, node, root, tag, nonce }
}

/** A fresh nonce for an opening: it keeps a commitment to a guessable root closed. */
export function openingNonce(random: Random): Digest {
  return toHex(random.bytes(DIGEST_BYTES)) as Digest
}

/** Signs the commitment to `opening`. */
export function signCommitment(signer: Signer, context: SigningContext, opening: Opening): Promise<Commitment> {
  const { lease, unit } = opening
  return signMessage(signer, COMMITMENT_TYPE, context, { lease, unit, hash: commitmentHash(opening) })
}

/** Signs the close over `commitments` of one attempt, each with the lease it was made under. */
export function signClose(
  signer: Signer,
  context: SigningContext,
  at: Omit<CloseBody, 'entries'>,
  commitments: readonly Pick<Evidence, 'lease' | 'commitment'>[],
): Promise<Close> {
  const entries = commitments.map(({ lease, commitment }) => ({
    node: lease.body.node,
    lease: leaseId(lease),
    commitment: messageId(commitment),
  }))
  return signMessage(signer, CLOSE_TYPE, context, { ...at, entries })
}

/** Signs the reveal of `opening` after `close`. */
export function signReveal(signer: Signer, context: SigningContext, opening: Opening, close: Close): Promise<Reveal> {
  const { lease, root, tag, nonce } = opening
  return signMessage(signer, REVEAL_TYPE, context, { lease, close: closeId(close), root, tag, nonce })
}

/** Whether `lease` is the coordinator's. */
export function verifyLease(lease: Lease, authority: Authority): Verdict {
  return verdictOf([leaseOutcome(lease, authority)])
}

/** Whether `commitment` is by the holder of `lease`, about that lease. */
export function verifyCommitment(commitment: Commitment, lease: Lease, authority: Authority): Verdict {
  return verdictOf([leaseOutcome(lease, authority), commitmentOutcome(commitment, lease, authority)])
}

/** Whether `close` is the coordinator's, for the unit of `lease`, and lists `commitment`. */
export function verifyClose(evidence: Omit<Evidence, 'reveal'>, authority: Authority): Verdict {
  return verdictOf(closedOutcomes(evidence, authority))
}

/** Whether a reveal opens a commitment that was closed. The possession tag is checked with the inputs at hand, not here. */
export function verifyEvidence(evidence: Evidence, authority: Authority): Verdict {
  return verdictOf(evidenceOutcomes(evidence, authority))
}

/** The checks of {@link verifyEvidence}, one by one. */
export function* evidenceOutcomes(evidence: Evidence, authority: Authority): Generator<Outcome> {
  yield* closedOutcomes(evidence, authority)
  yield revealOutcome(evidence, authority)
}

function* closedOutcomes(evidence: Omit<Evidence, 'reveal'>, authority: Authority): Generator<Outcome> {
  yield leaseOutcome(evidence.lease, authority)
  yield commitmentOutcome(evidence.commitment, evidence.lease, authority)
  yield closeOutcome(evidence, authority)
}

/** The check that `lease` is the coordinator's. */
export function leaseOutcome(lease: Lease, { network, coordinator }: Authority): Outcome {
  const isSigned = lease.signer === coordinator && verifyMessage(lease, LEASE_TYPE, network)
  return outcome('lease', isSigned, `The lease of node ${lease.body.node} is not signed by the coordinator.`)
}

function commitmentOutcome(commitment: Commitment, lease: Lease, { network }: Authority): Outcome {
  const { node, unit } = lease.body
  if (commitment.signer !== node || !verifyMessage(commitment, COMMITMENT_TYPE, network))
    return outcome('commitment', false, `The commitment is not signed by node ${node}.`)
  const isBound = commitment.body.lease === leaseId(lease) && commitment.body.unit === unit
  return outcome('commitment', isBound, `The commitment of node ${node} is for another lease or unit.`)
}

function closeOutcome({ lease, commitment, close }: Omit<Evidence, 'reveal'>, authority: Authority): Outcome {
  if (close.signer !== authority.coordinator || !verifyMessage(close, CLOSE_TYPE, authority.network))
    return outcome('close', false, 'The close is not signed by the coordinator.')
  const { unit, admissionLeaf, attempt, node } = lease.body
  const { body } = close
  if (body.unit !== unit || body.admissionLeaf !== admissionLeaf || body.attempt < attempt)
    return outcome('close', false, 'The close is for another unit or attempt.')
  const id = messageId(commitment)
  const own = body.entries.filter((entry) => entry.node === node || entry.lease === leaseId(lease))
  const isListed =
    own.length === 1 &&
    own.every((entry) => entry.node === node && entry.lease === leaseId(lease) && entry.commitment === id)
  return outcome('close', isListed, `The close does not list the commitment of node ${node} as its only one.`)
}

function revealOutcome({ lease, commitment, close, reveal }: Evidence, { network }: Authority): Outcome {
  const { node } = lease.body
  if (reveal.signer !== node || !verifyMessage(reveal, REVEAL_TYPE, network))
    return outcome('reveal', false, `The reveal is not signed by node ${node}.`)
  if (reveal.body.lease !== leaseId(lease) || reveal.body.close !== closeId(close))
    return outcome('reveal', false, `The reveal of node ${node} is for another lease or close.`)
  const opens = commitmentHash(openingOf(lease, reveal.body)) === commitment.body.hash
  return outcome('reveal', opens, `The reveal of node ${node} does not open its commitment.`)
}
