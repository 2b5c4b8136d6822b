// A commitment binds a node to its result before anyone sees another's. The hash covers the node and a nonce, so a copied
// commitment cannot be opened by the copier, and the possession tag, so a looked-up result is not a computed one.
import * as v from 'valibot'
import { type Digest, digestOf } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { digestSchema, signedSchema } from '#core/schema.ts'
import type { Signed } from '#core/signed.ts'

/** What a commitment hides until the close. `root` is the Merkle root over the result's parts. */
export type Opening = {
  readonly network: Digest
  readonly lease: Digest
  readonly unit: Digest
  readonly node: PublicKey
  readonly root: Digest
  readonly tag: Digest
  readonly nonce: Digest
}

/** What a node signs when it has computed. */
export type CommitmentBody = { readonly lease: Digest; readonly unit: Digest; readonly hash: Digest }

/** A commitment signed by the node's session key, as type `commitment`. */
export type Commitment = Signed<CommitmentBody>

/** Message type of a signed commitment. */
export const COMMITMENT_TYPE = 'commitment'

/** A signed commitment. */
export const commitmentSchema: v.GenericSchema<unknown, Commitment> = signedSchema(
  v.strictObject({ lease: digestSchema, unit: digestSchema, hash: digestSchema }),
)

/** The hash that a commitment to `opening` carries. */
export function commitmentHash(opening: Opening): Digest {
  return digestOf('commitment-hash', opening)
}

/** The key that selects what a node must know besides the result: bound to the lease, so two replicas get different ones. */
export function possessionKey(lease: Digest): Digest {
  return digestOf('possession-key', lease)
}
