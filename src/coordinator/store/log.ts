// The transparency log's rows: entries, the digests of complete subtrees, checkpoints. What they mean is ledger/log-tree.ts.
import type { Digest } from '#core/digest.ts'
import { type LogEntry, encodeEntry } from '#ledger/entry.ts'
import type { Checkpoint } from '#core/signed.ts'
import type { Db } from './schema.ts'

/** An entry as it is kept: `entry` are the bytes that the leaf digest covers. */
export type LogRow = { readonly index: number; readonly leaf: Digest; readonly entry: Uint8Array; readonly atMs: number }

/** A checkpoint that was signed, in the text that is handed out. */
export type CheckpointRow = Checkpoint & { readonly signed: string }

/** Entries in the log. */
export async function readLogSize(db: Db): Promise<number> {
  const row = await db.selectFrom('log_head').select('size').where('id', '=', 0).executeTakeFirstOrThrow()
  return Number(row.size)
}

/** Takes the next index; other transactions that append wait until this one ends. */
export async function takeLogIndex(tx: Db): Promise<number> {
  const row = await tx
    .updateTable('log_head')
    .set((eb) => ({ size: eb('size', '+', 1n) }))
    .where('id', '=', 0)
    .returning('size')
    .executeTakeFirstOrThrow()
  return Number(row.size) - 1
}

/** Keeps an entry. */
export async function insertLogEntry(
  tx: Db,
  index: number,
  leaf: Digest,
  entry: LogEntry,
  nowMs: number,
): Promise<void> {
  await tx
    .insertInto('log_entries')
    .values({ log_index: index, leaf, entry: encodeEntry(entry), at_ms: nowMs })
    .execute()
}

/** Entries from `from` on, at most `limit`. */
export async function readLogEntries(db: Db, from: number, limit: number): Promise<LogRow[]> {
  const rows = await db
    .selectFrom('log_entries')
    .selectAll()
    .where('log_index', '>=', BigInt(from))
    .orderBy('log_index')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    index: Number(row.log_index),
    leaf: row.leaf as Digest,
    entry: row.entry,
    atMs: Number(row.at_ms),
  }))
}

/** Keeps the digests of complete subtrees: node `position` of `level` covers 2^level leaves. */
export async function insertLogNodes(
  tx: Db,
  nodes: readonly { level: number; position: number; digest: Digest }[],
): Promise<void> {
  if (nodes.length > 0) await tx.insertInto('log_nodes').values([...nodes]).execute()
}

/** Digest of a complete subtree, or null. */
export async function readLogNode(db: Db, level: number, position: number): Promise<Digest | null> {
  const row = await db
    .selectFrom('log_nodes')
    .select('digest')
    .where('level', '=', level)
    .where('position', '=', BigInt(position))
    .executeTakeFirst()
  return (row?.digest ?? null) as Digest | null
}

/** Keeps a signed checkpoint; there is one for each size. */
export async function insertCheckpoint(db: Db, checkpoint: CheckpointRow): Promise<void> {
  const { size, root, signed } = checkpoint
  await db
    .insertInto('log_checkpoints')
    .values({ size, root, signed })
    .onConflict((conflict) => conflict.column('size').doNothing())
    .execute()
}

/** The largest signed checkpoint, or null. */
export async function latestCheckpoint(db: Db): Promise<CheckpointRow | null> {
  const row = await db.selectFrom('log_checkpoints').selectAll().orderBy('size', 'desc').limit(1).executeTakeFirst()
  return row === undefined ? null : { size: Number(row.size), root: row.root as Digest, signed: row.signed }
}
