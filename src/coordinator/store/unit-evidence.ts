// What is kept about a unit by its id, whatever jobs asked for it: the certificates of its result, disputes over it, faults proven on it.
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import type { ProvenCause } from '#verify/faults.ts'
import type { Db } from './schema.ts'

/** Where the work on a unit is: `failed` when every job that asked for it has ended without a result. */
export type UnitProgress = 'waiting' | 'computing' | 'done' | 'failed'

/** What is kept about one unit. Neither jobs nor accounts are named, nor how often it was asked for. */
export type UnitEvidence = {
  readonly state: UnitProgress
  /** The latest first, each with the log index of its receipt. */
  readonly certificates: readonly { readonly certificate: Digest; readonly receipt: number }[]
  readonly disputes: readonly Digest[]
  readonly faults: readonly {
    readonly fault: Digest
    readonly node: PublicKey
    readonly cause: ProvenCause
    readonly logIndex: number
  }[]
}

/** Rows of each kind in one answer; the latest are given. */
export const MAX_UNIT_EVIDENCE = 16

/** What is kept about `unit`, or null when nobody ever asked for it. */
export async function readUnitEvidence(db: Db, unit: Digest): Promise<UnitEvidence | null> {
  const states = await db
    .selectFrom('units')
    .innerJoin('jobs', 'jobs.job', 'units.job')
    .select(['units.state as unitState', 'jobs.state as jobState'])
    .distinct()
    .where('units.unit', '=', unit)
    .execute()
  if (states.length === 0) return null
  return {
    state: progressOf(states),
    certificates: await certificatesOfUnit(db, unit),
    disputes: await disputesOfUnit(db, unit),
    faults: await faultsOfUnit(db, unit),
  }
}

function progressOf(states: readonly { unitState: string; jobState: string }[]): UnitProgress {
  if (states.some(({ unitState }) => unitState === 'done')) return 'done'
  const running = states.filter(({ jobState }) => jobState === 'running')
  if (running.some(({ unitState }) => unitState === 'leased')) return 'computing'
  return running.length > 0 ? 'waiting' : 'failed'
}

async function certificatesOfUnit(db: Db, unit: Digest): Promise<UnitEvidence['certificates']> {
  const rows = await db
    .selectFrom('units')
    .innerJoin('receipts', 'receipts.certificate', 'units.certificate')
    .select(['receipts.certificate', 'receipts.log_index'])
    .distinct()
    .where('units.unit', '=', unit)
    .orderBy('receipts.log_index', 'desc')
    .limit(MAX_UNIT_EVIDENCE)
    .execute()
  return rows.map((row) => ({ certificate: row.certificate as Digest, receipt: Number(row.log_index) }))
}

async function disputesOfUnit(db: Db, unit: Digest): Promise<Digest[]> {
  const rows = await db
    .selectFrom('units')
    .innerJoin('disputes', (join) =>
      join.onRef('disputes.job', '=', 'units.job').onRef('disputes.unit', '=', 'units.unit'),
    )
    .select(['disputes.dispute', 'disputes.at_ms'])
    .distinct()
    .where('units.unit', '=', unit)
    .orderBy('disputes.at_ms', 'desc')
    .limit(MAX_UNIT_EVIDENCE)
    .execute()
  return rows.map((row) => row.dispute as Digest)
}

async function faultsOfUnit(db: Db, unit: Digest): Promise<UnitEvidence['faults']> {
  const rows = await db
    .selectFrom('faults')
    .select(['fault', 'node', 'cause', 'log_index'])
    .where('unit', '=', unit)
    .orderBy('log_index', 'desc')
    .limit(MAX_UNIT_EVIDENCE)
    .execute()
  return rows.map((row) => ({
    fault: row.fault as Digest,
    node: row.node as PublicKey,
    cause: row.cause as ProvenCause,
    logIndex: Number(row.log_index),
  }))
}
