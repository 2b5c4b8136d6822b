// A signed checkpoint: the coordinator's word for the size and root of its log. Two of them with one size and different roots, or without
// a consistency proof between them, convict it.
import type * as v from 'valibot'
import type { Digest } from '#core/digest.ts'
import type { Signer } from '#core/ed25519.ts'
import { checkpointSchema, signedSchema } from '#core/schema.ts'
import { type Checkpoint, type Signed, signMessage, verifyMessage } from '#core/signed.ts'
import type { Authority } from '#verify/commit.ts'

/** What the coordinator signs; the envelope carries the same size and root. */
export type SignedCheckpoint = Signed<{ readonly size: number; readonly root: Digest }>

/** Message type of a signed checkpoint. */
export const CHECKPOINT_TYPE = 'checkpoint'

/** A signed checkpoint as it comes from elsewhere. */
export const signedCheckpointSchema: v.GenericSchema<unknown, SignedCheckpoint> = signedSchema(checkpointSchema)

/** Signs `checkpoint`. Only a size and root that are durable and unique may be signed. */
export function signCheckpoint(signer: Signer, network: Digest, checkpoint: Checkpoint): Promise<SignedCheckpoint> {
  const { size, root } = checkpoint
  return signMessage(signer, CHECKPOINT_TYPE, { network, checkpoint: { size, root } }, { size, root })
}

/** Whether the coordinator signed `checkpoint`, saying the same in its envelope. */
export function verifyCheckpoint(checkpoint: SignedCheckpoint, { network, coordinator }: Authority): boolean {
  return (
    checkpoint.signer === coordinator &&
    checkpoint.body.size === checkpoint.checkpoint.size &&
    checkpoint.body.root === checkpoint.checkpoint.root &&
    verifyMessage(checkpoint, CHECKPOINT_TYPE, network)
  )
}
