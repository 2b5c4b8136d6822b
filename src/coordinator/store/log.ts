// The transparency log's rows: entries, the digests of complete subtrees, checkpoints. What they mean is ledger/log-tree.ts.
import type { Digest } from '#core/digest.ts'
import { type LogEntry, encodeEntry } from '#ledger/entry.ts'
import type { Checkpoint } from '#core/signed.ts'
import type { NodeReader, TreeNode } from '#ledger/log-tree.ts'
import { AppError } from '#core/errors.ts'
import type { Db } from './schema.ts'

/** An entry as it is kept: `entry` are the bytes that the leaf digest covers. */
export type LogRow = {
  readonly index: number
  readonly leaf: Digest
  readonly entry: Uint8Array
  readonly atMs: number
}

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

/** Keeps digests of complete subtrees. */
export async function insertLogNodes(tx: Db, nodes: readonly TreeNode[]): Promise<void> {
  if (nodes.length === 0) return
  const rows = nodes.map(({ level, index, digest }) => ({ level, position: index, digest }))
  await tx.insertInto('log_nodes').values(rows).execute()
}

/** Reads digests of complete subtrees in one query. Throws {@link LogNodeMissingError}. */
export function logNodeReader(db: Db): NodeReader {
  return {
    async read(keys) {
      if (keys.length === 0) return []
      const levels = new Map<number, bigint[]>()
      for (const { level, index } of keys) levels.set(level, [...(levels.get(level) ?? []), BigInt(index)])
      const rows = await db
        .selectFrom('log_nodes')
        .selectAll()
        .where((eb) =>
          eb.or(
            [...levels].map(([level, indexes]) => eb.and([eb('level', '=', level), eb('position', 'in', indexes)])),
          ),
        )
        .execute()
      const found = new Map(rows.map((row) => [`${row.level}/${row.position}`, row.digest as Digest]))
      return keys.map(({ level, index }) => {
        const digest = found.get(`${level}/${index}`)
        if (digest === undefined) throw new LogNodeMissingError(level, index)
        return digest
      })
    },
  }
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

/** The log's table lacks a node that its size says is there: the store is damaged. */
export class LogNodeMissingError extends AppError {
  override readonly name = 'coordinator.LogNodeMissing'
  constructor(level: number, index: number) {
    super('bug', `The log lacks node ${index} of level ${level}: the store is damaged.`)
  }
}
