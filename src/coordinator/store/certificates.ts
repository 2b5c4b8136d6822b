// Certificates, fault proofs and receipts: the evidence, kept in the text that is handed out.
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import type { Certificate } from '#verify/certificate.ts'
import type { Commitment } from '#verify/commitment.ts'
import type { ProvenCause } from '#verify/faults.ts'
import type { Db } from './schema.ts'

/** A payment as an account sees it. */
export type Receipt = {
  readonly logIndex: number
  readonly account: PublicKey
  readonly job: Digest
  readonly unit: Digest
  readonly certificate: Digest
  readonly amount: bigint
  readonly reason: string
  readonly atMs: number
}

/** A fault proof as it is kept. */
export type FaultRecord = {
  readonly id: Digest
  readonly node: PublicKey
  readonly job: Digest
  readonly logIndex: number
  readonly body: string
  readonly atMs: number
  readonly cause: ProvenCause
  readonly kind: string
  readonly lease: Digest
  readonly unit: Digest
}

/** Receipts in one answer. */
export const MAX_RECEIPTS = 500

/** Keeps the certificate of a unit; a unit has one. */
export async function insertCertificate(
  tx: Db,
  certificate: { id: Digest; job: Digest; number: number; body: string },
): Promise<void> {
  const { id, job, number, body } = certificate
  await tx.insertInto('certificates').values({ certificate: id, job, number, body }).execute()
}

/** The text of certificate `id`, or null. */
export async function readCertificate(db: Db, id: string): Promise<string | null> {
  const row = await db.selectFrom('certificates').select('body').where('certificate', '=', id).executeTakeFirst()
  return row?.body ?? null
}

/** Texts of the certificates of a job's units, in the units' order; of units that were repeated, those of the earlier ones. */
export async function certificatesOf(db: Db, job: Digest): Promise<string[]> {
  const rows = await db
    .selectFrom('units')
    .innerJoin('certificates', 'certificates.certificate', 'units.certificate')
    .select('certificates.body')
    .where('units.job', '=', job)
    .orderBy('units.number')
    .execute()
  return rows.map((row) => row.body)
}

/** The commitments in the certificates of a job's units: what each replica that was paid had given us. */
export async function commitmentsOf(db: Db, job: Digest): Promise<Commitment[]> {
  const certificates = (await certificatesOf(db, job)).map((text) => JSON.parse(text) as Certificate)
  return certificates.flatMap(({ body }) => body.replicas.map(({ commitment }) => commitment))
}

/** Keeps a fault proof; the same proof again changes nothing. */
export async function insertFault(tx: Db, fault: FaultRecord): Promise<void> {
  await tx
    .insertInto('faults')
    .values({
      fault: fault.id,
      node: fault.node,
      job: fault.job,
      log_index: fault.logIndex,
      body: fault.body,
      at_ms: fault.atMs,
      cause: fault.cause,
      kind: fault.kind,
      lease: fault.lease,
      unit: fault.unit,
    })
    .onConflict((conflict) => conflict.column('fault').doNothing())
    .execute()
}

/** The text of fault proof `id`, or null. */
export async function readFault(db: Db, id: string): Promise<string | null> {
  const row = await db.selectFrom('faults').select('body').where('fault', '=', id).executeTakeFirst()
  return row?.body ?? null
}

/** The fault that `node` was convicted of under `lease` because of any of `causes`, or null. */
export async function faultUnder(
  db: Db,
  lease: Digest,
  causes: readonly ProvenCause[],
): Promise<{ readonly id: Digest; readonly cause: ProvenCause } | null> {
  const row = await db
    .selectFrom('faults')
    .select(['fault', 'cause'])
    .where('lease', '=', lease)
    .where('cause', 'in', causes)
    .executeTakeFirst()
  return row === undefined ? null : { id: row.fault as Digest, cause: row.cause as ProvenCause }
}

/** The log index of the node's latest wrong part of work of `kind` that the log held when it had `before` entries, or null. */
export async function latestFault(
  db: Db,
  { node, kind, before }: { node: PublicKey; kind: string; before: number },
): Promise<number | null> {
  const row = await db
    .selectFrom('faults')
    .select('log_index')
    .where('node', '=', node)
    .where('kind', '=', kind)
    .where('cause', 'in', ['wrong-part', 'wrong-part-again'])
    .where('log_index', '<', BigInt(before))
    .orderBy('log_index', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row === undefined ? null : Number(row.log_index)
}

/** How many faults were proven. */
export async function countFaults(db: Db): Promise<number> {
  const row = await db
    .selectFrom('faults')
    .select((eb) => eb.fn.countAll<bigint>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

/** Keeps a receipt. Throws on a second one of the same leaf and account. */
export async function insertReceipt(tx: Db, receipt: Receipt): Promise<void> {
  await tx
    .insertInto('receipts')
    .values({
      log_index: receipt.logIndex,
      account: receipt.account,
      job: receipt.job,
      unit: receipt.unit,
      certificate: receipt.certificate,
      amount: receipt.amount,
      reason: receipt.reason,
      at_ms: receipt.atMs,
    })
    .execute()
}

/** Where in the log the receipts of a job's units are, by their certificates; of repeated ones, the earlier receipts. */
export async function receiptIndexes(db: Db, job: Digest): Promise<ReadonlyMap<Digest, number>> {
  const rows = await db
    .selectFrom('units')
    .innerJoin('receipts', 'receipts.certificate', 'units.certificate')
    .select(['receipts.certificate', 'receipts.log_index'])
    .where('units.job', '=', job)
    .execute()
  return new Map(rows.map((row) => [row.certificate as Digest, Number(row.log_index)]))
}

/** Receipts of `account` with a log index above `after`, oldest first, at most {@link MAX_RECEIPTS}. */
export async function receiptsOf(db: Db, account: PublicKey, after: number): Promise<Receipt[]> {
  const rows = await db
    .selectFrom('receipts')
    .selectAll()
    .where('account', '=', account)
    .where('log_index', '>', BigInt(after))
    .orderBy('log_index')
    .limit(MAX_RECEIPTS)
    .execute()
  return rows.map((row) => ({
    logIndex: Number(row.log_index),
    account: row.account as PublicKey,
    job: row.job as Digest,
    unit: row.unit as Digest,
    certificate: row.certificate as Digest,
    amount: row.amount,
    reason: row.reason,
    atMs: Number(row.at_ms),
  }))
}
