// Checks a document that convicts: a fault proof, an equivocation, a broken claim, a false tag, or a coordinator's lie. Files that it names are at hand or a
// coordinator's, and held against their digests either way.
import type { PublicKey } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import type { Authority } from '#verify/commit.ts'
import {
  type FaultEvidence,
  accusation,
  decodeFaultEvidence,
  isFaultEvidence,
  namedAuthority,
  verifyFaultEvidence,
} from '#verify/fault-evidence.ts'
import type { Verdict } from '#verify/verdict.ts'
import { contentsAtHand, partSource } from './part-source.ts'
import { type CoordinatorLie, type ReadLie, isCoordinatorLie, readCoordinatorLie } from './coordinator-lie.ts'
import type { VerifyOptions } from './verify.ts'

/** What a document is checked with. */
export type VerifyFaultOptions = Pick<VerifyOptions, 'network' | 'contents' | 'models' | 'http' | 'signal'> & {
  /** The key of the network's coordinator, where that is known from elsewhere. */
  readonly coordinator?: PublicKey | undefined
}

/** The verdict, and where the document's form is right what it is, whose network it names, and whom it accuses of what. */
export type FaultVerification = {
  readonly verdict: Verdict
  readonly proof: FaultEvidence | CoordinatorLie | undefined
  readonly named: Authority | undefined
  readonly accused: { readonly against: PublicKey; readonly says: string } | undefined
}

/** Whether `bytes` say that they are a document that convicts, right or wrong. */
export function isEvidence(bytes: Uint8Array): boolean {
  return isFaultEvidence(bytes) || isCoordinatorLie(bytes)
}

/**
 * Verifies the document in `bytes`. Without network and coordinator it is held against those that it names itself, which shows only that somebody
 * did wrong in somebody's network.
 */
export async function verifyFault(bytes: Uint8Array, options: VerifyFaultOptions = {}): Promise<FaultVerification> {
  const proof = proofOrReason(bytes)
  if (typeof proof === 'string') {
    const verdict: Verdict = { ok: false, check: 'form', reason: proof, checks: [] }
    return { verdict, proof: undefined, named: undefined, accused: undefined }
  }
  if ('document' in proof) {
    const { document, named, says, verify } = proof
    const accused = { against: named.coordinator, says }
    return { verdict: verify(authorityFor(named, options)), proof: document, named, accused }
  }
  const named = namedAuthority(proof)
  const { contents = [], models, signal } = options
  const source = partSource(await contentsAtHand(contents, signal), options)
  const verdict = await verifyFaultEvidence(proof, authorityFor(named, options), { models, contents: source })
  return { verdict, proof, named, accused: accusation(proof) }
}

function proofOrReason(bytes: Uint8Array): FaultEvidence | ReadLie | string {
  try {
    return isCoordinatorLie(bytes) ? readCoordinatorLie(bytes) : decodeFaultEvidence(bytes)
  } catch (error) {
    if (error instanceof AppError) return error.message
    throw error
  }
}

function authorityFor(named: Authority, { network, coordinator }: VerifyFaultOptions): Authority {
  return { network: network ?? named.network, coordinator: coordinator ?? named.coordinator }
}
