// Settling a verified unit: certificate, receipt in the log, payments and the unit's state change in one transaction; with the last unit
// the job's too. A unit settles once, whatever is killed when.
import type { ContentRef } from '#core/content.ts'
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { signMessage } from '#core/signed.ts'
import { type Split, sitePart } from '#identity/split.ts'
import { type Payment, type ReceiptEntry, receiptEntry } from '#ledger/entry.ts'
import { epochOf } from '#ledger/pending.ts'
import { payNode } from '#ledger/payments.ts'
import { priceAtto, sharePrice } from '#ledger/price.ts'
import { type ReceiptPromise, promiseReceipt } from '#ledger/receipt-promise.ts'
import {
  CERTIFICATE_TYPE,
  type Certificate,
  type CertificateBody,
  type Replica as CertifiedReplica,
  certificateId,
} from '#verify/certificate.ts'
import type { DrawRecord } from '#verify/draw-record.ts'
import { assuranceOf, transportOf } from '#verify/quorum.ts'
import { isSplitAliveBefore } from '#verify/splits.ts'
import type { Kind } from '#work/kind.ts'
import type { AuditOutcome } from '#coordinator/audit/audits.ts'
import { tickEpoch } from '#coordinator/epochs.ts'
import { type Grid, signingContext } from '#coordinator/grid.ts'
import type { LiveNode } from '#coordinator/live-nodes.ts'
import type { Append } from '#coordinator/log/transparency-log.ts'
import { spend } from '#coordinator/store/accounts.ts'
import { insertCertificate, insertReceipt } from '#coordinator/store/certificates.ts'
import { touchContents, uploadMs } from '#coordinator/store/contents.ts'
import { type JobRecord, finishJob, readJob, readSalt, spendEscrow } from '#coordinator/store/jobs.ts'
import { countUnitDone } from '#coordinator/store/nodes.ts'
import { creditReceipt } from '#coordinator/store/pending.ts'
import type { Db } from '#coordinator/store/schema.ts'
import { countSiteUnit, dayOf } from '#coordinator/store/sites.ts'
import { countValid } from '#coordinator/store/trust.ts'
import { type UnitRecord, countUnits, finishUnit, unitsOf } from '#coordinator/store/units.ts'
import { type DoneUnit, assembleResult } from './assemble.ts'
import type { RevealedReplica } from './evidence.ts'
import { type Interval, stagesOf } from './stages.ts'

/** A unit whose replicas agree and whose result is here. */
export type Agreement = {
  readonly job: JobRecord
  readonly record: UnitRecord
  readonly kind: Kind
  readonly replicas: readonly RevealedReplica[]
  readonly root: Digest
  readonly leaves: readonly Digest[]
  readonly attempt: number
  readonly draws: readonly DrawRecord[]
  readonly audit: AuditOutcome
  /** Drawn checkers with a history: their agreement vouches for the others. */
  readonly vouching: readonly PublicKey[]
}

/** What a settled unit came to. `result` is the job's when this was its last unit. */
export type Settled = {
  readonly receipt: ReceiptEntry
  readonly promise: ReceiptPromise
  readonly reason: string
  readonly units: { readonly total: number; readonly done: number }
  readonly result: ContentRef | null
}

/** A node that worked for a unit; `split` is what of its pay a site gets. */
type Worker = { readonly live: LiveNode; readonly split: Split | null }

type Earned = Worker & { readonly amount: bigint }

/** Settles; null when the job does not run any more. Units of one job are settled one after the other by the caller. */
export async function settle(
  grid: Grid,
  agreement: Agreement,
  intervals: readonly Interval[],
): Promise<Settled | null> {
  const { job, record, kind, leaves } = agreement
  const certificate = await certify(grid, agreement)
  const completion = await completionOf(grid, job, kind, { number: record.number, leaves })
  const earned = earnedBy(agreement)
  const reason = reasonOf(agreement)
  const settled = await grid.log.transaction(async (tx, append) => {
    const now = await readJob(tx, job.id)
    const id = certificateId(certificate)
    if (now?.state !== 'running' || !(await finishUnit(tx, job.id, record.number, id, leaves))) return null
    const logged = await pay(grid, { tx, append }, agreement, certificate, { earned, reason })
    await countChecked(tx, agreement)
    await complete(grid, tx, job, completion, intervals)
    return logged
  })
  if (settled === null) return null
  const { receipt, logIndex } = settled
  const promise = await promiseReceipt(grid.signer, signingContext(grid), receipt, logIndex)
  return { receipt, promise, reason, ...completion }
}

/** What a job has come to when one more of its units is done; `result` when that is the last. */
export type Completion = Pick<Settled, 'units' | 'result'>

/** What a job will have come to with that unit, its result put together if it is the last. */
export async function completionOf(
  grid: Grid,
  job: JobRecord,
  kind: Kind,
  unit: { readonly number: number; readonly leaves: readonly Digest[] },
): Promise<Completion> {
  const { total, done } = await countUnits(grid.store.db, job.id)
  const units = { total, done: done + 1 }
  if (units.done < total) return { units, result: null }
  return { units, result: await assembleResult(grid, job, kind, await doneUnits(grid, job, unit)) }
}

/** Finishes the job if its last unit is done. */
export async function complete(
  grid: Grid,
  tx: Db,
  job: JobRecord,
  { result }: Completion,
  intervals: readonly Interval[],
): Promise<void> {
  if (result === null) return
  const nowMs = grid.clock.nowMs()
  const inputs = job.job.body.inputs.map((input) => input.id)
  const upload = await uploadMs(tx, inputs)
  await touchContents(tx, [...new Set([...inputs, result.id])], nowMs)
  await finishJob(tx, job.id, result, stagesOf(intervals, job.submittedMs, nowMs, upload), nowMs)
}

async function certify(grid: Grid, agreement: Agreement): Promise<Certificate> {
  const { job, record, kind, root, leaves, attempt, draws, audit } = agreement
  const replicas: CertifiedReplica[] = agreement.replicas.map(({ replica, revealed, evidence }) => ({
    ...evidence,
    sighting: revealed.sighting,
    delegation: replica.live.delegation,
  }))
  const body: CertificateBody = {
    unit: record.unit,
    job: job.id,
    admissionLeaf: job.admissionLeaf,
    attempt,
    price: priceAtto(record.operations, job.job.body.replication).toString(),
    epoch: epochOf(grid.clock.nowMs(), grid.config.epochMs),
    root,
    leaves,
    replicas,
    draws,
    splits: workersOf(agreement).flatMap(({ split }) => (split === null ? [] : [split])),
    transport: transportOf(replicas),
    finishReason: 'complete',
    auditPpm: audit.ppm,
    audit: audit.audit,
    assurance: assuranceOf(
      kind.comparison(record.unit),
      replicas.length,
      audit.audit === null ? null : kind.auditPlan(record.unit).method,
    ),
  }
  return signMessage(grid.signer, CERTIFICATE_TYPE, signingContext(grid), body)
}

async function doneUnits(
  grid: Grid,
  job: JobRecord,
  last: { readonly number: number; readonly leaves: readonly Digest[] },
): Promise<DoneUnit[]> {
  const units = await unitsOf(grid.store.db, job.id)
  return units.map(({ unit, number, leaves: own }) => ({
    unit,
    number,
    leaves: number === last.number ? last.leaves : (own ?? []),
  }))
}

async function pay(
  grid: Grid,
  { tx, append }: { tx: Db; append: Append },
  { job, record, replicas }: Agreement,
  certificate: Certificate,
  { earned, reason }: { readonly earned: readonly Earned[]; readonly reason: string },
): Promise<{ receipt: ReceiptEntry; logIndex: number }> {
  const epoch = await tickEpoch(grid, { tx, append })
  const payments = earned.flatMap(({ live, split, amount }) => payNode(live.node, live.payee, amount, split))
  const receipt = receiptEntry(certificate, await readSalt(tx, job.id), payments)
  const logIndex = await append(receipt)
  const id = certificateId(certificate)
  await insertCertificate(tx, { id, job: job.id, number: record.number, body: JSON.stringify(certificate) })
  const total = payments.reduce((sum, { amount }) => sum + BigInt(amount), 0n)
  await spendEscrow(tx, job.id, total)
  await spend(tx, job.account, total)
  const atMs = grid.clock.nowMs()
  await creditReceipt(tx, receipt, epoch, atMs)
  for (const [account, amount] of sumsOf(payments))
    await insertReceipt(tx, {
      logIndex,
      account,
      job: job.id,
      unit: record.id,
      certificate: id,
      amount,
      reason,
      atMs,
    })
  for (const { replica } of replicas) await countUnitDone(tx, replica.node)
  await countSites(tx, earned, atMs)
  return { receipt, logIndex }
}

/** The price, shared by the operations that replicas and auditor did, and with the sites that they name. */
function earnedBy(agreement: Agreement): Earned[] {
  const { job, record, kind, replicas, audit } = agreement
  const price = priceAtto(record.operations, job.job.body.replication)
  const audited = audit.auditor === null ? null : kind.auditPlan(record.unit).operations
  const shares = sharePrice(price, record.operations, replicas.length, audited)
  return workersOf(agreement).map(({ live, split }, at) => Object.assign({ live, split }, { amount: shares[at] ?? 0n }))
}

/** Who worked for it, replicas first, and what of their pay goes to a site: where the node said so, and had not ended it before. */
function workersOf({ replicas, audit: { audit, auditor } }: Agreement): Worker[] {
  const worked = replicas.map(({ replica: { live }, evidence: { lease } }) => ({
    live,
    deadlineMs: lease.body.deadlineMs,
  }))
  if (auditor !== null && audit !== null) worked.push({ live: auditor, deadlineMs: audit.task.body.deadlineMs })
  return worked.map(({ live, deadlineMs }) => {
    const isAlive = live.split !== null && isSplitAliveBefore(live.split, deadlineMs)
    return { live, split: isAlive ? live.split : null }
  })
}

/** How the result was checked, in words for a contributor's list. */
function reasonOf({ kind, record, replicas, audit }: Agreement): string {
  const who = replicas.length === 1 ? 'one node computed it' : `${replicas.length} nodes agreed`
  const by = audit.auditor === null ? 'the coordinator' : 'another node'
  return `${kind.describe(record.unit)}; ${who}${audit.audit === null ? '' : `, and ${by} audited it: valid`}.`
}

/**
 * Counts the result for those whom a check that they could not choose found right: an audit for every replica, else a drawn checker with a history for
 * the others.
 */
async function countChecked(tx: Db, { replicas, audit, vouching }: Agreement): Promise<void> {
  for (const { replica } of replicas) {
    const isChecked = audit.audit !== null || vouching.some((node) => node !== replica.node)
    if (isChecked) await countValid(tx, replica.live)
  }
}

/** What sites earned by it, for their owners. */
async function countSites(tx: Db, earned: readonly Earned[], atMs: number): Promise<void> {
  for (const { live, split, amount } of earned) {
    if (split === null || live.site === null) continue
    const { account, percent } = split.body
    const day = { site: live.site, account, day: dayOf(atMs), units: 1, amount: sitePart(amount, percent) }
    await countSiteUnit(tx, day)
  }
}

/** What each account is paid: two nodes of one payee have one receipt. */
function sumsOf(payments: readonly Payment[]): Map<PublicKey, bigint> {
  const sums = new Map<PublicKey, bigint>()
  for (const { account, amount } of payments) sums.set(account, (sums.get(account) ?? 0n) + BigInt(amount))
  return sums
}
