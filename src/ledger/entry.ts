// Entries of the transparency log. They carry salted commitments, never input digests, addresses, sites or credential ids.
import * as v from 'valibot'
import { encodeCbor } from '#core/cbor.ts'
import { type Digest, digestOf } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { leafDigest, merkleRoot } from '#core/merkle.ts'
import { amountSchema, digestSchema, publicKeySchema, uintSchema } from '#core/schema.ts'
import { type Certificate, certificateId } from '#verify/certificate.ts'
import { type EpochSecret, MAX_CHAIN_LENGTH, type SecretChain } from '#verify/epoch-secret.ts'
import { PROVEN_CAUSES, type ProvenCause } from '#verify/faults.ts'
import { type Job, MAX_REPLICATION, jobId } from '#work/job.ts'
import { unitId } from '#work/unit.ts'
import { type Genesis, genesisSchema } from './genesis.ts'

/**
 * Credit for what `node` did, to the account it works for or to that of the site where it does, in atto-credit as decimal text. It is pending
 * until it matures.
 */
export type Payment = { readonly node: PublicKey; readonly account: PublicKey; readonly amount: string }

/** A job entered the grid: `job` is the salted commitment to its id, `escrow` what was taken from the requester's `account`. */
export type AdmissionEntry = {
  readonly type: 'admission'
  readonly job: Digest
  readonly account: PublicKey
  readonly escrow: string
}

/**
 * A unit was verified and paid for: `unit` is the salted commitment to its id, `certificate` the certificate's id. `audited` are the nodes whose result
 * an audit found valid after the close: what they are paid for it is not in doubt.
 */
export type ReceiptEntry = {
  readonly type: 'receipt'
  readonly admissionLeaf: number
  readonly unit: Digest
  readonly certificate: Digest
  readonly payments: readonly Payment[]
  readonly audited: readonly PublicKey[]
}

/** The log's clock: hours since 1970 as a rule. Earnings older than `holdback` epochs mature with it; the holdback never changes. */
export type EpochEntry = { readonly type: 'epoch'; readonly epoch: number; readonly holdback: number }

/** A node was proven wrong. `proof` names the evidence; `earlier` is the log index of the fault that this one repeats. */
export type FaultEntry = {
  readonly type: 'fault'
  readonly admissionLeaf: number
  readonly node: PublicKey
  readonly cause: ProvenCause
  readonly proof: Digest
  readonly earlier: number | null
}

/** Of what `node` had pending, `amount` is burned because of the fault in entry `fault`: all for a deliberate one, else what was in doubt. */
export type ForfeitEntry = {
  readonly type: 'forfeit'
  readonly node: PublicKey
  readonly fault: number
  readonly amount: string
}

/** The nodes that draws may fall on from now on. */
export type RosterLogEntry = { readonly type: 'roster'; readonly root: Digest; readonly size: number }

/** A commitment to the secrets of draw epochs to come. */
export type SecretChainEntry = { readonly type: 'secret-chain' } & SecretChain

/** The secret of a draw epoch that is over. */
export type EpochSecretEntry = { readonly type: 'epoch-secret' } & EpochSecret

/** A device credential vouched for a node: `delegation` is the salted commitment to the delegation's digest. */
export type DelegationEntry = { readonly type: 'delegation'; readonly delegation: Digest; readonly tier: number }

/** Who beat in an epoch: `root` is the Merkle root over `nodes` summaries, in the order of their pseudonyms. */
export type BeatsEntry = {
  readonly type: 'beats'
  readonly epoch: number
  readonly root: Digest
  readonly nodes: number
}

/** One node's beats in an epoch, under a pseudonym of that epoch. */
export type BeatSummary = { readonly pseudonym: Digest; readonly beats: number; readonly witnessed: number }

/** One leaf. Amounts are atto-credit as decimal text; every mint, grants included, is a typed entry. */
export type LogEntry =
  | { readonly type: 'genesis'; readonly genesis: Genesis }
  | { readonly type: 'grant'; readonly account: PublicKey; readonly amount: string }
  | RosterLogEntry
  | SecretChainEntry
  | EpochSecretEntry
  | DelegationEntry
  | BeatsEntry
  | AdmissionEntry
  | ReceiptEntry
  | EpochEntry
  | FaultEntry
  | ForfeitEntry
  | { readonly type: 'refund'; readonly admissionLeaf: number; readonly amount: string }

/** Payments of one receipt: a unit's replicas and room for the parts that later rules pay, each with the part of a site. */
export const MAX_PAYMENTS = 2 * (MAX_REPLICATION + 3)

/** Highest tier of a delegation. */
const MAX_TIER = 3

/** Longest holdback: a year of hours. */
export const MAX_HOLDBACK = 8_760

/** An admission as it comes from elsewhere. */
export const admissionEntrySchema = v.strictObject({
  type: v.literal('admission'),
  job: digestSchema,
  account: publicKeySchema,
  escrow: amountSchema,
})

/** A receipt as it comes from elsewhere. */
export const receiptEntrySchema = v.strictObject({
  type: v.literal('receipt'),
  admissionLeaf: uintSchema(),
  unit: digestSchema,
  certificate: digestSchema,
  payments: v.pipe(
    v.array(v.strictObject({ node: publicKeySchema, account: publicKeySchema, amount: amountSchema })),
    v.maxLength(MAX_PAYMENTS),
  ),
  audited: v.pipe(v.array(publicKeySchema), v.maxLength(MAX_PAYMENTS)),
})

/** A roster's entry as it comes from elsewhere. */
export const rosterEntrySchema = v.strictObject({ type: v.literal('roster'), root: digestSchema, size: uintSchema() })

/** A chain's entry as it comes from elsewhere. */
export const secretChainEntrySchema = v.strictObject({
  type: v.literal('secret-chain'),
  anchor: digestSchema,
  first: uintSchema(),
  length: v.pipe(uintSchema(MAX_CHAIN_LENGTH), v.minValue(1)),
  periodMs: v.pipe(uintSchema(), v.minValue(1)),
})

/** A secret's entry as it comes from elsewhere. */
export const epochSecretEntrySchema = v.strictObject({
  type: v.literal('epoch-secret'),
  epoch: uintSchema(),
  secret: digestSchema,
})

/** A log entry as it comes from elsewhere. */
export const logEntrySchema: v.GenericSchema<unknown, LogEntry> = v.variant('type', [
  v.strictObject({ type: v.literal('genesis'), genesis: genesisSchema }),
  v.strictObject({ type: v.literal('grant'), account: publicKeySchema, amount: amountSchema }),
  rosterEntrySchema,
  secretChainEntrySchema,
  epochSecretEntrySchema,
  v.strictObject({ type: v.literal('delegation'), delegation: digestSchema, tier: uintSchema(MAX_TIER) }),
  v.strictObject({ type: v.literal('beats'), epoch: uintSchema(), root: digestSchema, nodes: uintSchema() }),
  admissionEntrySchema,
  receiptEntrySchema,
  v.strictObject({ type: v.literal('epoch'), epoch: uintSchema(), holdback: uintSchema(MAX_HOLDBACK) }),
  v.strictObject({
    type: v.literal('fault'),
    admissionLeaf: uintSchema(),
    node: publicKeySchema,
    cause: v.picklist(PROVEN_CAUSES),
    proof: digestSchema,
    earlier: v.nullable(uintSchema()),
  }),
  v.strictObject({ type: v.literal('forfeit'), node: publicKeySchema, fault: uintSchema(), amount: amountSchema }),
  v.strictObject({ type: v.literal('refund'), admissionLeaf: uintSchema(), amount: amountSchema }),
])

/** Bytes of an entry: what the leaf digest covers. */
export function encodeEntry(entry: LogEntry): Uint8Array<ArrayBuffer> {
  return encodeCbor(entry)
}

/** Leaf digest of an entry in the log's tree. */
export function entryLeaf(entry: LogEntry): Digest {
  return leafDigest(encodeEntry(entry))
}

/** The entry of an epoch's `summaries`, which are in order. */
export function beatsEntry(epoch: number, summaries: readonly BeatSummary[]): BeatsEntry {
  const leaves = summaries.map((summary) => leafDigest(encodeCbor(summary)))
  return { type: 'beats', epoch, root: merkleRoot(leaves), nodes: summaries.length }
}

/** A commitment to `id` that only holders of `salt` can open; erasing the salt erases the link. */
export function saltedCommitment(id: Digest, salt: Digest): Digest {
  return digestOf('salted', { id, salt })
}

/** The admission of `job`, paid by its signer. The salt is kept with the job and given to its requester. */
export function admissionEntry(job: Job, salt: Digest, escrow: bigint): AdmissionEntry {
  return { type: 'admission', job: saltedCommitment(jobId(job), salt), account: job.signer, escrow: escrow.toString() }
}

/** The receipt of a certified unit, under the salt of its job. */
export function receiptEntry(certificate: Certificate, salt: Digest, payments: readonly Payment[]): ReceiptEntry {
  return {
    type: 'receipt',
    admissionLeaf: certificate.body.admissionLeaf,
    unit: saltedCommitment(unitId(certificate.body.unit), salt),
    certificate: certificateId(certificate),
    payments,
    audited: auditedNodes(certificate),
  }
}

/** Whose result an audit found valid: all replicas of an audited unit. A drawn checker's agreement is not enough, since colluders can be drawn together. */
export function auditedNodes({ body: { audit, replicas } }: Certificate): PublicKey[] {
  return audit?.report.body.verdict === 'valid' ? replicas.map(({ lease }) => lease.body.node) : []
}

/** What `node` earned by a receipt. */
export function paidTo({ payments }: Pick<ReceiptEntry, 'payments'>, node: PublicKey): bigint {
  return payments.reduce((sum, payment) => (payment.node === node ? sum + BigInt(payment.amount) : sum), 0n)
}
