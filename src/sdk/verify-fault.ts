// Checks a fault proof. Files that it names are at hand or a coordinator's, and held against their digests either way.
import type { PublicKey } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import { type FaultProof, decodeFaultProof, verifyFaultProof } from '#verify/fault-proof.ts'
import type { Verdict } from '#verify/verdict.ts'
import { contentsAtHand, partSource } from './part-source.ts'
import type { VerifyOptions } from './verify.ts'

/** What a fault proof is checked with. */
export type VerifyFaultOptions = Pick<VerifyOptions, 'network' | 'contents' | 'models' | 'http' | 'signal'> & {
  /** The key of the network's coordinator, where that is known from elsewhere. */
  readonly coordinator?: PublicKey | undefined
}

/** The verdict, and the proof where its form is right. */
export type FaultVerification = { readonly verdict: Verdict; readonly proof: FaultProof | undefined }

/**
 * Verifies the fault proof in `bytes`. Without network and coordinator it is held against those that signed its lease, which shows only that
 * the node did wrong in somebody's network.
 */
export async function verifyFault(bytes: Uint8Array, options: VerifyFaultOptions = {}): Promise<FaultVerification> {
  const { contents = [], models, signal } = options
  let proof: FaultProof
  try {
    proof = decodeFaultProof(bytes)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { verdict: { ok: false, check: 'form', reason: error.message, checks: [] }, proof: undefined }
  }
  const { network: ownNetwork, signer } = proof.lease
  const authority = { network: options.network ?? ownNetwork, coordinator: options.coordinator ?? signer }
  const source = partSource(await contentsAtHand(contents, signal), options)
  return { verdict: await verifyFaultProof(proof, authority, { models, contents: source }), proof }
}

/** Whether `bytes` say that they are a fault proof, right or wrong. */
export function isFaultProof(bytes: Uint8Array): boolean {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
    const { format } = value as { format?: unknown }
    return typeof format === 'string' && format.startsWith('commonwatt/fault-proof/')
  } catch {
    return false
  }
}
