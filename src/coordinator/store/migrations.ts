// Schema migrations: numbered, forward only, in code. A released one is never edited; a change is a new number.
import { type Kysely, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { AppError } from '#core/errors.ts'
import { leafDigest } from '#core/merkle.ts'
import { appendLeaves } from '#ledger/log-tree.ts'
import { tileGrowths } from '#ledger/tiles.ts'
import { growTiles } from './log.ts'
import type { Schema } from './schema.ts'

const INITIAL = [
  `create table accounts (
    account text primary key, balance numeric(40,0) not null check (balance >= 0),
    escrowed numeric(40,0) not null check (escrowed >= 0), earned numeric(40,0) not null,
    granted numeric(40,0) not null, opened_ms int8 not null)`,
  `create table contents (
    content text primary key, size_bytes int8 not null, announced_ms int8 not null, completed_ms int8)`,
  `create table jobs (
    job text primary key, account text not null, body text not null, state text not null, admission_leaf int8 not null,
    salt text not null, price numeric(40,0) not null, escrowed numeric(40,0) not null check (escrowed >= 0),
    submitted_ms int8 not null, deadline_ms int8 not null, finished_ms int8, result text, error text, stages text,
    certificate text)`,
  `create index jobs_state on jobs (state, submitted_ms)`,
  `create table units (
    job text not null, number int4 not null, unit text not null, body text not null, operations numeric(40,0) not null,
    state text not null, attempt int4 not null, failures int4 not null, certificate text, leaves text,
    primary key (job, number))`,
  `create index units_state on units (state, job)`,
  `create table certificates (
    certificate text primary key, job text not null, number int4 not null, body text not null, unique (job, number))`,
  `create table faults (
    fault text primary key, node text not null, job text not null, log_index int8 not null, body text not null,
    at_ms int8 not null)`,
  `create table receipts (
    log_index int8 not null, account text not null, job text not null, unit text not null, certificate text not null,
    amount numeric(40,0) not null, reason text not null, at_ms int8 not null, primary key (log_index, account))`,
  `create index receipts_account on receipts (account, log_index)`,
  `create index receipts_job on receipts (job)`,
  `create table nodes (
    node text primary key, payee text not null, tier int4 not null, backend text not null, adapter text not null,
    rated_mops int8 not null, units_done int4 not null, faults int4 not null, banned_until_ms int8 not null,
    seen_ms int8 not null)`,
  `create table beats (
    node text not null, slot int8 not null, state text not null, beat text not null, witness text,
    primary key (node, slot))`,
  `create table log_head (id int4 primary key, size int8 not null)`,
  `insert into log_head (id, size) values (0, 0)`,
  `create table log_entries (log_index int8 primary key, leaf text not null, entry bytea not null, at_ms int8 not null)`,
  `create table log_nodes (level int4 not null, position int8 not null, digest text not null, primary key (level, position))`,
  `create table log_checkpoints (size int8 primary key, root text not null, signed text not null)`,
]

/** When a content was last announced or used by a job: what nobody uses is removed after a while. */
const CONTENT_USE = [
  `alter table contents add column used_ms int8 not null default 0`,
  `update contents set used_ms = announced_ms`,
]

const MODELS = [
  `create table models (
    content text primary key, account text not null, size_bytes int8 not null, description text not null,
    registered_ms int8 not null)`,
]

/** What is earned matures: it is pending by node and epoch until then. `ledger_epoch` is the log's latest tick, 0 before the first. */
const PENDING = [
  `alter table accounts add column pending numeric(40,0) not null default 0 check (pending >= 0)`,
  `alter table accounts add column burned numeric(40,0) not null default 0`,
  `create table pending (
    node text not null, account text not null, epoch int8 not null, amount numeric(40,0) not null,
    primary key (node, account, epoch))`,
  `create index pending_epoch on pending (epoch)`,
  `create table ledger_epoch (id int4 primary key, epoch int8 not null, holdback int4 not null)`,
  `insert into ledger_epoch (id, epoch, holdback) values (0, 0, 0)`,
  `alter table nodes add column forfeited_epoch int8`,
  `alter table faults add column cause text not null default 'wrong-part'`,
  `alter table faults add column kind text not null default ''`,
  `alter table faults add column lease text not null default ''`,
  `create index faults_lease on faults (lease)`,
  `create index units_unit on units (unit)`,
  `create index receipts_certificate on receipts (certificate)`,
  `create table disputes (
    dispute text primary key, job text not null, unit text not null, body text not null, at_ms int8 not null)`,
]

/** What draws are made from: chains of epoch secrets, the revealed ones, and the rosters that the log names. */
const DRAWS = [
  `create table secret_chains (
    anchor text primary key, first_epoch int8 not null, chain_length int4 not null, period_ms int8 not null,
    log_index int8 not null)`,
  `create table epoch_secrets (epoch int8 primary key, secret text not null, log_index int8 not null)`,
  `create table rosters (root text primary key, log_index int8 not null, nodes text not null)`,
]

/** The log in tiles of 256 digests, a row each, instead of a row a node. Nothing was released with the rows before. */
const LOG_TILES = [
  `drop table log_nodes`,
  `alter table log_entries drop column leaf`,
  `create table log_tiles (level int4 not null, position int8 not null, hashes bytea not null, primary key (level, position))`,
  `delete from log_checkpoints`,
  `alter table log_checkpoints drop column signed`,
  `alter table log_checkpoints add column note text not null`,
  `create table log_cosignatures (
    size int8 not null, witness text not null, line text not null, primary key (size, witness))`,
]

/** How often in a row independent checks found a device's results valid, by device credential or, without one, by node. */
const TRUST = [`create table trust (subject text primary key, streak int8 not null)`]

/** What opens the log's entries about nodes. */
const NODE_ENTRIES = [
  `create table log_delegations (delegation text primary key, salt text not null)`,
  `create table beat_summaries (epoch int8 primary key, salt text not null, body text not null)`,
]

/** What of a row no audit stands behind. What was earned before this was counted is in no doubt. */
const DOUBT = [
  `alter table pending add column doubtful numeric(40,0) not null default 0 check (doubtful >= 0 and doubtful <= amount)`,
]

/** Which unit a fault is on, so that nobody's question about a unit reads proofs of many megabytes. Here they are read once. */
const FAULT_UNITS = [
  `alter table faults add column unit text not null default ''`,
  `update faults set unit = body::jsonb #>> '{lease,body,unit}' where body::jsonb #>> '{lease,body,unit}' is not null`,
  `create index faults_unit on faults (unit)`,
]

/** What sites earned by the word of their visitors: sums by day, and nothing of who the visitors were. */
const SITES = [
  `create table site_days (
    site text not null, account text not null, day int8 not null, units int8 not null, amount numeric(40,0) not null,
    primary key (site, account, day))`,
  `create index site_days_account on site_days (account, day)`,
]

/** Who asked to be on the leaderboard, and how they want to be called there. */
const BOARD = [
  `create table board (
    account text primary key, name text, look text unique, team text, statement text not null, issued_ms int8 not null)`,
  `create index board_team on board (team)`,
]

const MIGRATIONS: Record<string, Migration> = {
  '0001-initial': { up: (db) => runAll(db, INITIAL) },
  '0002-content-use': { up: (db) => runAll(db, CONTENT_USE) },
  '0003-models': { up: (db) => runAll(db, MODELS) },
  '0004-log-tiles': {
    up: async (db) => {
      await runAll(db, LOG_TILES)
      await tileEntries(db as Kysely<Schema>)
    },
  },
  '0005-draws': { up: (db) => runAll(db, DRAWS) },
  '0006-trust': { up: (db) => runAll(db, TRUST) },
  '0007-pending': { up: (db) => runAll(db, PENDING) },
  '0010-node-entries': { up: (db) => runAll(db, NODE_ENTRIES) },
  '0011-doubt': { up: (db) => runAll(db, DOUBT) },
  '0012-fault-units': { up: (db) => runAll(db, FAULT_UNITS) },
  '0013-sites': { up: (db) => runAll(db, SITES) },
  '0014-board': { up: (db) => runAll(db, BOARD) },
}

/** Brings the schema up to date. Throws {@link MigrationError} on a store that a newer version wrote. */
export async function migrate(db: Kysely<Schema>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } })
  const { error } = await migrator.migrateToLatest()
  if (error !== undefined) throw new MigrationError(error)
}

/** Tiles over the entries that are there. */
async function tileEntries(db: Kysely<Schema>): Promise<void> {
  const entries = await db.selectFrom('log_entries').select('entry').orderBy('log_index').execute()
  const empty = { read: async () => [] }
  const { nodes } = await appendLeaves(
    empty,
    0,
    entries.map(({ entry }) => leafDigest(entry)),
  )
  await growTiles(db, tileGrowths(nodes))
}

async function runAll(db: Kysely<unknown>, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

/** The store's schema cannot be brought to what this version knows. */
export class MigrationError extends AppError {
  override readonly name = 'coordinator.Migration'
  constructor(cause: unknown) {
    const problem = cause instanceof Error ? cause.message : String(cause)
    super('input', `The store cannot be used by this version: ${problem}.`, { cause })
  }
}
