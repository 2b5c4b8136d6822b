// Jobs: admitted once, running until their units are done, or failed and refunded.
import type { ContentRef } from '#core/content.ts'
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import type { ErrorRecord } from '#core/errors.ts'
import type { Job } from '#work/job.ts'
import { assertOneChanged } from './changed-row.ts'
import type { Db, Schema } from './schema.ts'
import type { Selectable } from 'kysely'

/** Where a job is. */
export type JobState = 'running' | 'done' | 'failed'

/** Milliseconds a job spent per stage; they add up to the time from its submission to its end, `upload` aside. */
export type Stages = Readonly<
  Record<'upload' | 'lease' | 'inputs' | 'compute' | 'commit' | 'reveal' | 'assemble', number>
>

/** A job as it is kept. */
export type JobRecord = {
  readonly id: Digest
  readonly account: PublicKey
  readonly job: Job
  readonly state: JobState
  readonly admissionLeaf: number
  readonly price: bigint
  readonly escrowed: bigint
  readonly submittedMs: number
  readonly deadlineMs: number
  readonly finishedMs: number | null
  readonly result: ContentRef | null
  readonly error: ErrorRecord | null
  readonly stages: Stages | null
}

/** What admission adds to a job. */
export type NewJob = Pick<
  JobRecord,
  'id' | 'account' | 'job' | 'admissionLeaf' | 'price' | 'submittedMs' | 'deadlineMs'
> & { readonly salt: Digest }

/** Inserts an admitted job. */
export async function insertJob(tx: Db, job: NewJob): Promise<void> {
  await tx
    .insertInto('jobs')
    .values({
      job: job.id,
      account: job.account,
      body: JSON.stringify(job.job),
      state: 'running',
      admission_leaf: job.admissionLeaf,
      salt: job.salt,
      price: job.price,
      escrowed: job.price,
      submitted_ms: job.submittedMs,
      deadline_ms: job.deadlineMs,
      finished_ms: null,
      result: null,
      error: null,
      stages: null,
      certificate: null,
    })
    .execute()
}

/** The job `id`, or null. */
export async function readJob(db: Db, id: string): Promise<JobRecord | null> {
  const row = await db.selectFrom('jobs').selectAll().where('job', '=', id).executeTakeFirst()
  return row === undefined ? null : fromRow(row)
}

/** The first job that was submitted at `sinceMs` or later, or null. */
export async function firstJobSince(db: Db, sinceMs: number): Promise<JobRecord | null> {
  const query = db
    .selectFrom('jobs')
    .selectAll()
    .where('submitted_ms', '>=', BigInt(sinceMs))
    .orderBy('submitted_ms')
    .limit(1)
  const row = await query.executeTakeFirst()
  return row === undefined ? null : fromRow(row)
}

/** Jobs that still run, oldest first. */
export async function runningJobs(db: Db): Promise<JobRecord[]> {
  const rows = await db.selectFrom('jobs').selectAll().where('state', '=', 'running').orderBy('submitted_ms').execute()
  return rows.map(fromRow)
}

/** Running jobs whose deadline has passed. */
export async function expiredJobs(db: Db, nowMs: number): Promise<{ id: Digest; deadlineMs: number }[]> {
  const rows = await db
    .selectFrom('jobs')
    .select(['job', 'submitted_ms', 'deadline_ms'])
    .where('state', '=', 'running')
    .where('deadline_ms', '<=', BigInt(nowMs))
    .execute()
  return rows.map((row) => ({ id: row.job as Digest, deadlineMs: Number(row.deadline_ms - row.submitted_ms) }))
}

/** How many jobs of `account` run. */
export async function countRunning(db: Db, account: PublicKey): Promise<number> {
  const { count } = await db
    .selectFrom('jobs')
    .select((eb) => eb.fn.countAll<bigint>().as('count'))
    .where('state', '=', 'running')
    .where('account', '=', account)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Takes `amount` out of the job's escrow. */
export async function spendEscrow(tx: Db, id: Digest, amount: bigint): Promise<void> {
  const updated = await tx
    .updateTable('jobs')
    .set((eb) => ({ escrowed: eb('escrowed', '-', amount) }))
    .where('job', '=', id)
    .executeTakeFirstOrThrow()
  assertOneChanged(updated, `the job ${id}`)
}

/** Marks a running job done. */
export async function finishJob(tx: Db, id: Digest, result: ContentRef, stages: Stages, nowMs: number): Promise<void> {
  const updated = await tx
    .updateTable('jobs')
    .set({ state: 'done', result: JSON.stringify(result), stages: JSON.stringify(stages), finished_ms: nowMs })
    .where('job', '=', id)
    .where('state', '=', 'running')
    .executeTakeFirstOrThrow()
  assertOneChanged(updated, `the running job ${id}`)
}

/** Marks a running job failed with nothing left in escrow. False when it did not run any more. */
export async function failJob(tx: Db, id: Digest, error: ErrorRecord, nowMs: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('jobs')
    .set({ state: 'failed', escrowed: 0n, error: JSON.stringify(error), finished_ms: nowMs })
    .where('job', '=', id)
    .where('state', '=', 'running')
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Keeps the job's certificate in the exact bytes that are handed out; the first one stays. */
export async function setJobCertificate(tx: Db, id: Digest, certificate: string): Promise<void> {
  await tx.updateTable('jobs').set({ certificate }).where('job', '=', id).where('certificate', 'is', null).execute()
}

/** The job's certificate as handed out; null while there is none. */
export async function readJobCertificate(db: Db, id: Digest): Promise<string | null> {
  const row = await db.selectFrom('jobs').select('certificate').where('job', '=', id).executeTakeFirst()
  return row?.certificate ?? null
}

/** The salt that opens the job's commitments in the log. */
export async function readSalt(db: Db, id: Digest): Promise<Digest> {
  const row = await db.selectFrom('jobs').select('salt').where('job', '=', id).executeTakeFirstOrThrow()
  return row.salt as Digest
}

/** How many jobs are in each state. */
export async function countJobs(db: Db): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('jobs')
    .select((eb) => ['state', eb.fn.countAll<bigint>().as('count')] as const)
    .groupBy('state')
    .execute()
  return new Map(rows.map((row) => [row.state, Number(row.count)]))
}

function fromRow(row: Selectable<Schema['jobs']>): JobRecord {
  return {
    id: row.job as Digest,
    account: row.account as PublicKey,
    job: JSON.parse(row.body) as Job,
    state: row.state as JobState,
    admissionLeaf: Number(row.admission_leaf),
    price: row.price,
    escrowed: row.escrowed,
    submittedMs: Number(row.submitted_ms),
    deadlineMs: Number(row.deadline_ms),
    finishedMs: row.finished_ms === null ? null : Number(row.finished_ms),
    result: row.result === null ? null : (JSON.parse(row.result) as ContentRef),
    error: row.error === null ? null : (JSON.parse(row.error) as ErrorRecord),
    stages: row.stages === null ? null : (JSON.parse(row.stages) as Stages),
  }
}
