// The commit-close: the coordinator's signed list of all commitments of an attempt. Nothing is revealed before it, nor to anyone not on it.
import * as v from 'valibot'
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { digestSchema, publicKeySchema, signedSchema, uintSchema } from '#core/schema.ts'
import { type Signed, messageId } from '#core/signed.ts'
import { MAX_REPLICATION } from '#work/job.ts'

/** One commitment on the list: who, under which lease, and the commitment's message id. */
export type CloseEntry = { readonly node: PublicKey; readonly lease: Digest; readonly commitment: Digest }

/**
 * What the coordinator signs. `epoch` is the draw epoch whose secret decides on an audit of what is closed; `round` counts the closes of one attempt: a dispute's third replica
 * is closed in the next round.
 */
export type CloseBody = {
  readonly unit: Digest
  readonly admissionLeaf: number
  readonly attempt: number
  readonly round: number
  readonly epoch: number
  readonly entries: readonly CloseEntry[]
}

/** A close signed by the coordinator, as type `close/v2`. */
export type Close = Signed<CloseBody>

/** Message type of a signed close. */
export const CLOSE_TYPE = 'close/v2'

/** A signed close. */
export const closeSchema: v.GenericSchema<unknown, Close> = signedSchema(
  v.strictObject({
    unit: digestSchema,
    admissionLeaf: uintSchema(),
    attempt: uintSchema(1_000),
    round: uintSchema(1_000),
    epoch: uintSchema(),
    entries: v.pipe(
      v.array(v.strictObject({ node: publicKeySchema, lease: digestSchema, commitment: digestSchema })),
      v.minLength(1),
      v.maxLength(MAX_REPLICATION + 2),
    ),
  }),
)

/** Identity of a close. */
export function closeId(close: Close): Digest {
  return messageId(close)
}
