// A unit's certificate: everything needed to check offline how its result was verified. The job's certificate joins them.
import * as v from 'valibot'
import type { Digest } from '#core/digest.ts'
import { amountSchema, digestSchema, signedSchema, uintSchema } from '#core/schema.ts'
import { type Signed, messageId } from '#core/signed.ts'
import { type Delegation, delegationSchema } from '#identity/delegation.ts'
import { type Split, splitSchema } from '#identity/split.ts'
import { MAX_REPLICATION } from '#work/job.ts'
import { type Lease, leaseSchema } from '#work/lease.ts'
import { type Unit, unitSchema } from '#work/unit.ts'
import { type CertifiedAudit, certifiedAuditSchema } from './audit.ts'
import { type Close, closeSchema } from './close.ts'
import { type DrawRecord, drawRecordsSchema } from './draw-record.ts'
import { type Commitment, commitmentSchema } from './commitment.ts'
import { ALWAYS_PPM } from './roster.ts'
import { type Reveal, type Sighting, type Transport, revealSchema, sightingSchema, transportSchema } from './reveal.ts'

const ASSURANCES = [
  'single',
  'replicated-2',
  'replicated-3',
  'replicated-4',
  'replicated-5',
  'audited',
  'freivalds',
  'tolerant',
] as const

/** How a result was checked. `audited` and `freivalds` were checked again after the close; `tolerant` ones agreed within bounds, not to the byte. */
export type Assurance = (typeof ASSURANCES)[number]

/** The evidence of one replica that agreed. `delegation` is null for a session key without a device credential (tier 0). */
export type Replica = {
  readonly lease: Lease
  readonly commitment: Commitment
  readonly close: Close
  readonly reveal: Reveal
  readonly sighting: Sighting
  readonly delegation: Delegation | null
}

/**
 * What the coordinator signs. `root` is the Merkle root over the result's parts, `leaves` their digests in order,
 * `draws` how the replicas came to be, `splits` whose pay
 * went to a site in part.
 */
export type CertificateBody = {
  readonly unit: Unit
  readonly job: Digest
  readonly admissionLeaf: number
  readonly attempt: number
  readonly price: string
  readonly epoch: number
  readonly root: Digest
  readonly leaves: readonly Digest[]
  readonly replicas: readonly Replica[]
  readonly draws: readonly DrawRecord[]
  readonly splits: readonly Split[]
  readonly transport: Transport | 'none'
  readonly finishReason: 'complete'
  /** Chance that the result had of being audited, in parts per million, and the audit if it was drawn. */
  readonly auditPpm: number
  readonly audit: CertifiedAudit | null
  readonly assurance: Assurance
}

/** A certificate signed by the coordinator, as type `certificate/v4`. */
export type Certificate = Signed<CertificateBody>

/** Message type of a signed certificate. */
export const CERTIFICATE_TYPE = 'certificate/v4'

/** Parts of one unit's result: 4,096 tiles of 256 KiB are 1 GiB, past what a node may hold. */
export const MAX_UNIT_PARTS = 4096

/** A signed certificate. */
export const certificateSchema: v.GenericSchema<unknown, Certificate> = signedSchema(
  v.strictObject({
    unit: unitSchema,
    job: digestSchema,
    admissionLeaf: uintSchema(),
    attempt: uintSchema(1_000),
    price: amountSchema,
    epoch: uintSchema(),
    root: digestSchema,
    leaves: v.pipe(v.array(digestSchema), v.maxLength(MAX_UNIT_PARTS)),
    replicas: v.pipe(
      v.array(
        v.strictObject({
          lease: leaseSchema,
          commitment: commitmentSchema,
          close: closeSchema,
          reveal: revealSchema,
          sighting: sightingSchema,
          delegation: v.nullable(delegationSchema),
        }),
      ),
      v.minLength(1),
      v.maxLength(MAX_REPLICATION),
    ),
    draws: drawRecordsSchema,
    // One for each replica, and one for the auditor.
    splits: v.pipe(v.array(splitSchema), v.maxLength(MAX_REPLICATION + 1)),
    transport: v.union([transportSchema, v.literal('none')]),
    finishReason: v.literal('complete'),
    auditPpm: uintSchema(ALWAYS_PPM),
    audit: v.nullable(certifiedAuditSchema),
    assurance: v.picklist(ASSURANCES),
  }),
)

/** Identity of a certificate: what a receipt in the log names. */
export function certificateId(certificate: Certificate): Digest {
  return messageId(certificate)
}
