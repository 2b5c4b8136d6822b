// Checks a document that convicts: a fault proof, an equivocation, a broken claim. Files that it names are at hand or a coordinator's, and
// held against their digests either way.
import type { PublicKey } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import { type FaultEvidence, decodeFaultEvidence, namedAuthority, verifyFaultEvidence } from '#verify/fault-evidence.ts'
import type { Verdict } from '#verify/verdict.ts'
import { contentsAtHand, partSource } from './part-source.ts'
import type { VerifyOptions } from './verify.ts'

/** What a document is checked with. */
export type VerifyFaultOptions = Pick<VerifyOptions, 'network' | 'contents' | 'models' | 'http' | 'signal'> & {
  /** The key of the network's coordinator, where that is known from elsewhere. */
  readonly coordinator?: PublicKey | undefined
}

/** The verdict, and the document where its form is right. */
export type FaultVerification = { readonly verdict: Verdict; readonly proof: FaultEvidence | undefined }

/**
 * Verifies the document in `bytes`. Without network and coordinator it is held against those that it names itself, which shows only that somebody
 * did wrong in somebody's network.
 */
export async function verifyFault(bytes: Uint8Array, options: VerifyFaultOptions = {}): Promise<FaultVerification> {
  const { contents = [], models, signal } = options
  let proof: FaultEvidence
  try {
    proof = decodeFaultEvidence(bytes)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { verdict: { ok: false, check: 'form', reason: error.message, checks: [] }, proof: undefined }
  }
  const named = namedAuthority(proof)
  const authority = {
    network: options.network ?? named.network,
    coordinator: options.coordinator ?? named.coordinator,
  }
  const source = partSource(await contentsAtHand(contents, signal), options)
  return { verdict: await verifyFaultEvidence(proof, authority, { models, contents: source }), proof }
}
