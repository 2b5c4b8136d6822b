// A lease hands one unit to one node until a deadline. The coordinator signs it; everything a node later says refers to it.
import * as v from 'valibot'
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { digestSchema, publicKeySchema, signedSchema, uintSchema } from '#core/schema.ts'
import { type Signed, messageId } from '#core/signed.ts'

/** What the coordinator signs. `admissionLeaf` is the log index of the job's admission, `deadlineMs` is Unix time. */
export type LeaseBody = {
  readonly unit: Digest
  readonly job: Digest
  readonly admissionLeaf: number
  readonly attempt: number
  readonly node: PublicKey
  readonly rosterRoot: Digest
  readonly deadlineMs: number
}

/** A lease signed by the coordinator, as type `lease`. */
export type Lease = Signed<LeaseBody>

/** Message type of a signed lease. */
export const LEASE_TYPE = 'lease'

/** Attempts a unit gets before its job fails. */
export const MAX_ATTEMPTS = 8

/** Longest lease. A verifier, who knows only the deadline, takes a lease to have begun at most this long before it. */
export const MAX_LEASE_MS = 3_600_000

/** A signed lease. */
export const leaseSchema: v.GenericSchema<unknown, Lease> = signedSchema(
  v.strictObject({
    unit: digestSchema,
    job: digestSchema,
    admissionLeaf: uintSchema(),
    attempt: uintSchema(1_000),
    node: publicKeySchema,
    rosterRoot: digestSchema,
    deadlineMs: uintSchema(),
  }),
)

/** Identity of a lease. */
export function leaseId(lease: Lease): Digest {
  return messageId(lease)
}
