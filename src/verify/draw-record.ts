// What a certificate says of its draws: for each attempt from which roster and epoch checkers were drawn, whom the draw fell on, and who
// of them did not take part. With the epoch's secret anyone draws again.
import * as v from 'valibot'
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { digestSchema, publicKeySchema, uintSchema } from '#core/schema.ts'
import { MAX_REPLICATION } from '#work/job.ts'
import { type Lease, MAX_ATTEMPT_NUMBER, leaseSchema } from '#work/lease.ts'
import { type Decline, declineSchema } from './decline.ts'

/**
 * A node that was offered its lease and gave no result. `decline` is null for one that was lost or said nothing: then it is the coordinator's word
 * alone, which the node can contradict. Whoever gave a wrong result is not absent, and has no other chance.
 */
export type Absence = { readonly lease: Lease; readonly decline: Decline | null }

/** The draw of one attempt. `primary` is null where none was chosen; `rosterLeaf` is the roster's place in the log. */
export type DrawRecord = {
  readonly attempt: number
  readonly epoch: number
  readonly rosterRoot: Digest
  readonly rosterLeaf: number
  readonly primary: PublicKey | null
  readonly drawn: readonly PublicKey[]
  readonly absent: readonly Absence[]
}

/** Draws of one certificate: more attempts in a row and the unit goes back to the queue. */
export const MAX_DRAWS = 32

/** Draws as they come from elsewhere, by attempt. */
export const drawRecordsSchema: v.GenericSchema<unknown, readonly DrawRecord[]> = v.pipe(
  v.array(
    v.strictObject({
      attempt: uintSchema(MAX_ATTEMPT_NUMBER),
      epoch: uintSchema(),
      rosterRoot: digestSchema,
      rosterLeaf: uintSchema(),
      primary: v.nullable(publicKeySchema),
      drawn: v.pipe(v.array(publicKeySchema), v.maxLength(MAX_REPLICATION)),
      absent: v.pipe(
        v.array(v.strictObject({ lease: leaseSchema, decline: v.nullable(declineSchema) })),
        v.maxLength(MAX_REPLICATION),
      ),
    }),
  ),
  v.minLength(1),
  v.maxLength(MAX_DRAWS),
)

/** Nodes of a record that are said not to have taken part. */
export function absentNodes({ absent }: DrawRecord): PublicKey[] {
  return absent.map(({ lease }) => lease.body.node)
}
