// A lease hands one unit to one node until a deadline. The coordinator signs it; everything a node later says refers to it.
import * as v from 'valibot'
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { digestSchema, publicKeySchema, signedSchema, uintSchema } from '#core/schema.ts'
import { type Signed, messageId } from '#core/signed.ts'

/** Why a node holds a lease: it was chosen, or drawn. */
export type LeaseRole = 'primary' | 'checker'

/**
 * What the coordinator signs. `admissionLeaf` is the log index of the job's admission, `epoch` the draw epoch whose secret drew the checkers from
 * the roster, `deadlineMs` is Unix time.
 */
export type LeaseBody = {
  readonly unit: Digest
  readonly job: Digest
  readonly admissionLeaf: number
  readonly attempt: number
  readonly node: PublicKey
  readonly role: LeaseRole
  readonly rosterRoot: Digest
  readonly epoch: number
  readonly deadlineMs: number
}

/** A lease signed by the coordinator, as type `lease/v2`. */
export type Lease = Signed<LeaseBody>

/** Message type of a signed lease. */
export const LEASE_TYPE = 'lease/v2'

/** Attempts a unit gets before its job fails. */
export const MAX_ATTEMPTS = 8

/** Attempts that a lease can number; only a unit that is declined for hours gets there. */
export const MAX_ATTEMPT_NUMBER = 1_000

/** Longest lease. A verifier, who knows only the deadline, takes a lease to have begun at most this long before it. */
export const MAX_LEASE_MS = 3_600_000

/** A signed lease. */
export const leaseSchema: v.GenericSchema<unknown, Lease> = signedSchema(
  v.strictObject({
    unit: digestSchema,
    job: digestSchema,
    admissionLeaf: uintSchema(),
    attempt: uintSchema(MAX_ATTEMPT_NUMBER),
    node: publicKeySchema,
    role: v.picklist(['primary', 'checker']),
    rosterRoot: digestSchema,
    epoch: uintSchema(),
    deadlineMs: uintSchema(),
  }),
)

/** Identity of a lease. */
export function leaseId(lease: Lease): Digest {
  return messageId(lease)
}
