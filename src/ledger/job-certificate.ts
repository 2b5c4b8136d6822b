// A job's certificate: the signed job, the certificates of all its units, the result they add up to, and the proofs that the log holds
// the admission and every receipt. One text per certificate: a file with any byte changed is refused, and the check that failed is named.
import * as v from 'valibot'
import type { ContentRef } from '#core/content.ts'
import type { Digest } from '#core/digest.ts'
import { contentRefSchema, digestSchema, parseAs, proofSchema, uintSchema } from '#core/schema.ts'
import { decodeCanonicalJson, encodeCanonicalJson } from '#core/canonical-json.ts'
import { type Certificate, certificateSchema } from '#verify/certificate.ts'
import { MAX_DRAWS } from '#verify/draw-record.ts'
import { type Roster, rosterSchema } from '#verify/roster.ts'
import { type Job, MAX_UNITS, jobSchema } from '#work/job.ts'
import { type CheckpointNote, checkpointNoteSchema } from './checkpoint.ts'
import {
  type AdmissionEntry,
  type ReceiptEntry,
  type RosterLogEntry,
  admissionEntrySchema,
  receiptEntrySchema,
  rosterEntrySchema,
} from './entry.ts'
import { type Genesis, genesisSchema } from './genesis.ts'

/** Format of the text form. */
export const JOB_CERTIFICATE_FORMAT = 'commonwatt/job-certificate/v6'

/** Longest text: {@link MAX_UNITS} units at 5 KB for each of five replicas, with room for delegations. */
export const MAX_JOB_CERTIFICATE_BYTES = 256 * 2 ** 20

/** An entry of the log, where it stands, and its path to the checkpoint's root. */
export type LoggedEntry<Entry> = { readonly index: number; readonly entry: Entry; readonly path: readonly Digest[] }

/** A unit whose earlier certificate stands for it, and the admission of the job that it was certified for. */
export type RepeatedUnit = { readonly unit: number; readonly admission: LoggedEntry<AdmissionEntry> }

/** A roster and its entry in the log. */
export type LoggedRoster = LoggedEntry<RosterLogEntry> & { readonly nodes: Roster }

/** Everything needed to check a job's result offline. Units and receipts are in the order of the job's units. */
export type JobCertificate = {
  readonly format: typeof JOB_CERTIFICATE_FORMAT
  readonly genesis: Genesis
  readonly job: Job
  readonly units: readonly Certificate[]
  readonly result: ContentRef
  /** `salt` opens the commitments to the job's and the units' ids in the log. */
  readonly admission: LoggedEntry<AdmissionEntry> & { readonly salt: Digest }
  /** Of a repeated unit, the earlier receipt. */
  readonly receipts: readonly LoggedEntry<ReceiptEntry>[]
  /** Units that were certified before, for other jobs, by their number, in order. */
  readonly repeated: readonly RepeatedUnit[]
  /** Rosters that the units' draws name, each once. */
  readonly rosters: readonly LoggedRoster[]
  /** The signed note of the checkpoint; witnesses' cosignatures may be among its signatures. */
  readonly checkpoint: CheckpointNote
}

/** A job's certificate as it comes from elsewhere. */
const jobCertificateSchema: v.GenericSchema<unknown, JobCertificate> = v.strictObject({
  format: v.literal(JOB_CERTIFICATE_FORMAT),
  genesis: genesisSchema,
  job: jobSchema,
  units: v.pipe(v.array(certificateSchema), v.minLength(1), v.maxLength(MAX_UNITS)),
  result: contentRefSchema,
  admission: v.strictObject({
    index: uintSchema(),
    entry: admissionEntrySchema,
    path: proofSchema,
    salt: digestSchema,
  }),
  receipts: v.pipe(
    v.array(v.strictObject({ index: uintSchema(), entry: receiptEntrySchema, path: proofSchema })),
    v.minLength(1),
    v.maxLength(MAX_UNITS),
  ),
  repeated: v.pipe(
    v.array(
      v.strictObject({
        unit: uintSchema(MAX_UNITS - 1),
        admission: v.strictObject({ index: uintSchema(), entry: admissionEntrySchema, path: proofSchema }),
      }),
    ),
    v.maxLength(MAX_UNITS),
  ),
  rosters: v.pipe(
    v.array(v.strictObject({ index: uintSchema(), entry: rosterEntrySchema, path: proofSchema, nodes: rosterSchema })),
    v.maxLength(MAX_UNITS * MAX_DRAWS),
  ),
  checkpoint: checkpointNoteSchema,
})

/** The canonical text of a certificate. */
export function encodeJobCertificate(certificate: JobCertificate): Uint8Array<ArrayBuffer> {
  return encodeCanonicalJson(certificate)
}

/** The certificate of a canonical text. Throws a CanonicalJsonError or a SchemaError on anything else. */
export function decodeJobCertificate(bytes: Uint8Array): JobCertificate {
  const value = decodeCanonicalJson(bytes, { maxBytes: MAX_JOB_CERTIFICATE_BYTES, maxDepth: 24 })
  return parseAs(jobCertificateSchema, value, 'certificate')
}
