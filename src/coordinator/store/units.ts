// Units: pending, leased to an attempt, done. `attempt` numbers every attempt ever made, so no two leases are alike even across
// restarts; `failures` counts only those that nodes broke, and is what bounds them.
import type { Selectable } from 'kysely'
import type { Digest } from '#core/digest.ts'
import type { Unit } from '#work/unit.ts'
import type { Db, Schema } from './schema.ts'

/** Where a unit is. */
export type UnitState = 'pending' | 'leased' | 'done'

/** A unit as it is kept; `number` counts within its job. */
export type UnitRecord = {
  readonly job: Digest
  readonly number: number
  readonly id: Digest
  readonly unit: Unit
  readonly operations: bigint
  readonly state: UnitState
  readonly attempt: number
  readonly failures: number
  readonly certificate: Digest | null
  /** Leaf digests of the verified result; null until done. */
  readonly leaves: readonly Digest[] | null
}

/** What admission inserts. */
export type NewUnit = Pick<UnitRecord, 'id' | 'unit' | 'operations'>

/** Rows in one insert statement: far below PostgreSQL's 65,535 parameters. */
const INSERT_BATCH = 500

/** Inserts the units of a job, numbered in order. */
export async function insertUnits(tx: Db, job: Digest, units: readonly NewUnit[]): Promise<void> {
  for (let at = 0; at < units.length; at += INSERT_BATCH) {
    const rows = units.slice(at, at + INSERT_BATCH).map((unit, i) => ({
      job,
      number: at + i,
      unit: unit.id,
      body: JSON.stringify(unit.unit),
      operations: unit.operations,
      state: 'pending',
      attempt: 0,
      failures: 0,
      certificate: null,
      leaves: null,
    }))
    await tx.insertInto('units').values(rows).execute()
  }
}

/** Pending units of running jobs, oldest job first, those of `skippedJobs` left out. */
export async function pendingUnits(db: Db, limit: number, skippedJobs: readonly Digest[] = []): Promise<UnitRecord[]> {
  let query = db
    .selectFrom('units')
    .innerJoin('jobs', 'jobs.job', 'units.job')
    .selectAll('units')
    .where('units.state', '=', 'pending')
    .where('jobs.state', '=', 'running')
  if (skippedJobs.length > 0) query = query.where('units.job', 'not in', skippedJobs)
  const rows = await query
    .orderBy('jobs.submitted_ms')
    .orderBy('units.job')
    .orderBy('units.number')
    .limit(limit)
    .execute()
  return rows.map(fromRow)
}

/** The unit `number` of `job`, or null. */
export async function readUnit(db: Db, job: Digest, number: number): Promise<UnitRecord | null> {
  const row = await db
    .selectFrom('units')
    .selectAll()
    .where('job', '=', job)
    .where('number', '=', number)
    .executeTakeFirst()
  return row === undefined ? null : fromRow(row)
}

/** The unit of `job` with that id, or null. */
export async function unitOfJob(db: Db, job: Digest, id: Digest): Promise<Unit | null> {
  const row = await db
    .selectFrom('units')
    .select('body')
    .where('job', '=', job)
    .where('unit', '=', id)
    .limit(1)
    .executeTakeFirst()
  return row === undefined ? null : (JSON.parse(row.body) as Unit)
}

/** Done units that are the same operation as unit `id`, the latest certified first. */
export async function doneTwins(
  db: Db,
  id: Digest,
  limit: number,
): Promise<Pick<UnitRecord, 'certificate' | 'leaves'>[]> {
  const rows = await db
    .selectFrom('units')
    .selectAll()
    .where('unit', '=', id)
    .where('state', '=', 'done')
    .limit(limit)
    .execute()
  return rows.map(fromRow)
}

/** Pending units of running jobs that are the same operation as a done one. */
export async function pendingTwins(db: Db, limit: number): Promise<UnitRecord[]> {
  const rows = await db
    .selectFrom('units')
    .innerJoin('jobs', 'jobs.job', 'units.job')
    .selectAll('units')
    .where('units.state', '=', 'pending')
    .where('jobs.state', '=', 'running')
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('units as done')
          .select('done.job')
          .whereRef('done.unit', '=', 'units.unit')
          .where('done.state', '=', 'done'),
      ),
    )
    .limit(limit)
    .execute()
  return rows.map(fromRow)
}

/** All units of `job` in order. */
export async function unitsOf(db: Db, job: Digest): Promise<UnitRecord[]> {
  const rows = await db.selectFrom('units').selectAll().where('job', '=', job).orderBy('number').execute()
  return rows.map(fromRow)
}

/** How many units `job` has and how many are done. */
export async function countUnits(db: Db, job: Digest): Promise<{ total: number; done: number }> {
  const rows = await db
    .selectFrom('units')
    .select((eb) => ['state', eb.fn.countAll<bigint>().as('count')] as const)
    .where('job', '=', job)
    .groupBy('state')
    .execute()
  const total = rows.reduce((sum, row) => sum + Number(row.count), 0)
  return { total, done: Number(rows.find((row) => row.state === 'done')?.count ?? 0n) }
}

/** How many units of running jobs wait for a node. */
export async function countPending(db: Db): Promise<number> {
  const { count } = await db
    .selectFrom('units')
    .innerJoin('jobs', 'jobs.job', 'units.job')
    .select((eb) => eb.fn.countAll<bigint>().as('count'))
    .where('units.state', '=', 'pending')
    .where('jobs.state', '=', 'running')
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Takes a pending unit for a new attempt; returns its number, or null when it is not pending any more. */
export async function beginAttempt(tx: Db, job: Digest, number: number): Promise<number | null> {
  const row = await tx
    .updateTable('units')
    .set((eb) => ({ state: 'leased', attempt: eb('attempt', '+', 1) }))
    .where('job', '=', job)
    .where('number', '=', number)
    .where('state', '=', 'pending')
    .returning('attempt')
    .executeTakeFirst()
  return row?.attempt ?? null
}

/** Numbers a further attempt of a unit that stays leased: a node takes over from one that was lost. Null when it is not leased. */
export async function renewAttempt(tx: Db, job: Digest, number: number): Promise<number | null> {
  const row = await tx
    .updateTable('units')
    .set((eb) => ({ attempt: eb('attempt', '+', 1) }))
    .where('job', '=', job)
    .where('number', '=', number)
    .where('state', '=', 'leased')
    .returning('attempt')
    .executeTakeFirst()
  return row?.attempt ?? null
}

/** Counts an attempt that a node broke; returns how many there were. */
export async function countFailure(tx: Db, job: Digest, number: number): Promise<number> {
  const row = await tx
    .updateTable('units')
    .set((eb) => ({ failures: eb('failures', '+', 1) }))
    .where('job', '=', job)
    .where('number', '=', number)
    .returning('failures')
    .executeTakeFirstOrThrow()
  return row.failures
}

/** Returns a leased unit to the queue. */
export async function releaseUnit(tx: Db, job: Digest, number: number): Promise<void> {
  await tx
    .updateTable('units')
    .set({ state: 'pending' })
    .where('job', '=', job)
    .where('number', '=', number)
    .where('state', '=', 'leased')
    .execute()
}

/** Marks a leased unit done. False, and nothing changes, when it was not leased: a unit settles once. */
export async function finishUnit(
  tx: Db,
  job: Digest,
  number: number,
  certificate: Digest,
  leaves: readonly Digest[],
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('units')
    .set({ state: 'done', certificate, leaves: JSON.stringify(leaves) })
    .where('job', '=', job)
    .where('number', '=', number)
    .where('state', '=', 'leased')
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Marks a pending unit done by an earlier certificate. False, and nothing changes, when it was not pending. */
export async function finishRepeatedUnit(
  tx: Db,
  { job, number }: Pick<UnitRecord, 'job' | 'number'>,
  { certificate, leaves }: { certificate: Digest; leaves: readonly Digest[] },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('units')
    .set({ state: 'done', certificate, leaves: JSON.stringify(leaves) })
    .where('job', '=', job)
    .where('number', '=', number)
    .where('state', '=', 'pending')
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Returns every leased unit to the queue: after a restart no lease is open. Returns how many there were. */
export async function voidLeases(tx: Db): Promise<number> {
  const { numUpdatedRows } = await tx
    .updateTable('units')
    .set({ state: 'pending' })
    .where('state', '=', 'leased')
    .executeTakeFirst()
  return Number(numUpdatedRows)
}

function fromRow(row: Selectable<Schema['units']>): UnitRecord {
  return {
    job: row.job as Digest,
    number: row.number,
    id: row.unit as Digest,
    unit: JSON.parse(row.body) as Unit,
    operations: row.operations,
    state: row.state as UnitState,
    attempt: row.attempt,
    failures: row.failures,
    certificate: row.certificate as Digest | null,
    leaves: row.leaves === null ? null : (JSON.parse(row.leaves) as Digest[]),
  }
}
