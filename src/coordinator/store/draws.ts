// What draws are made from: chains of epoch secrets, which of them are revealed, and the rosters that the log names.
import { type Selectable, sql } from 'kysely'
import type { Digest } from '#core/digest.ts'
import type { EpochSecret, SecretChain } from '#verify/epoch-secret.ts'
import type { Roster } from '#verify/roster.ts'
import type { Db, Schema } from './schema.ts'

/** A chain and its place in the log. */
export type ChainRow = SecretChain & { readonly logIndex: number }

/** A revealed secret and its place in the log. */
export type SecretRow = EpochSecret & { readonly logIndex: number }

/** A roster and its place in the log. */
export type RosterRow = { readonly root: Digest; readonly logIndex: number; readonly nodes: Roster }

/** Keeps a chain. */
export async function insertChain(tx: Db, { anchor, first, length, periodMs, logIndex }: ChainRow): Promise<void> {
  const values = { anchor, first_epoch: first, chain_length: length, period_ms: periodMs, log_index: logIndex }
  await tx.insertInto('secret_chains').values(values).execute()
}

/** The chain that `epoch` is in, or null. */
export async function chainAt(db: Db, epoch: number): Promise<ChainRow | null> {
  const row = await db
    .selectFrom('secret_chains')
    .selectAll()
    .where('first_epoch', '<=', BigInt(epoch))
    .where(sql<boolean>`first_epoch + chain_length > ${epoch}`)
    .orderBy('log_index', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row === undefined ? null : chainOf(row)
}

/** The chain that the log committed to last, or null. */
export async function lastChain(db: Db): Promise<ChainRow | null> {
  const row = await db.selectFrom('secret_chains').selectAll().orderBy('log_index', 'desc').limit(1).executeTakeFirst()
  return row === undefined ? null : chainOf(row)
}

function chainOf(row: Selectable<Schema['secret_chains']>): ChainRow {
  return {
    anchor: row.anchor as Digest,
    first: Number(row.first_epoch),
    length: row.chain_length,
    periodMs: Number(row.period_ms),
    logIndex: Number(row.log_index),
  }
}

/** Keeps a revealed secret. */
export async function insertSecret(tx: Db, { epoch, secret, logIndex }: SecretRow): Promise<void> {
  await tx.insertInto('epoch_secrets').values({ epoch, secret, log_index: logIndex }).execute()
}

/** The first secret of `chain` that was revealed for `epoch` or a later one, or null. */
export async function secretFrom(db: Db, chain: ChainRow, epoch: number): Promise<SecretRow | null> {
  const row = await db
    .selectFrom('epoch_secrets')
    .selectAll()
    .where('epoch', '>=', BigInt(epoch))
    .where('epoch', '<', BigInt(chain.first + chain.length))
    .where('log_index', '>', BigInt(chain.logIndex))
    .orderBy('epoch')
    .limit(1)
    .executeTakeFirst()
  if (row === undefined) return null
  return { epoch: Number(row.epoch), secret: row.secret as Digest, logIndex: Number(row.log_index) }
}

/** Keeps a roster; one that comes again keeps its first place in the log. */
export async function insertRoster(tx: Db, { root, logIndex, nodes }: RosterRow): Promise<void> {
  await tx
    .insertInto('rosters')
    .values({ root, log_index: logIndex, nodes: JSON.stringify(nodes) })
    .onConflict((conflict) => conflict.column('root').doNothing())
    .execute()
}

/** The roster of that root, or null. */
export async function readRoster(db: Db, root: Digest): Promise<RosterRow | null> {
  const row = await db.selectFrom('rosters').selectAll().where('root', '=', root).executeTakeFirst()
  if (row === undefined) return null
  return { root, logIndex: Number(row.log_index), nodes: JSON.parse(row.nodes) as Roster }
}
