// The transparency log's rows: entries, tiles of digests, checkpoints and their cosignatures. What they mean is ledger/log-tree.ts and
// ledger/tiles.ts. A tile is one row, which grows until it is full.
import { sql } from 'kysely'
import { toHex } from '#core/bytes.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import type { Checkpoint } from '#core/signed.ts'
import type { Digest } from '#core/digest.ts'
import type { TileGrowth, TileKey, TileReader } from '#ledger/tiles.ts'
import type { Db } from './schema.ts'

/** An entry as it is kept: `entry` are the bytes that the leaf digest covers. */
export type LogRow = { readonly index: number; readonly entry: Uint8Array; readonly atMs: number }

/** A checkpoint that was signed, in the text that is handed out. */
export type CheckpointRow = Checkpoint & { readonly note: string }

/** Rows in one statement: 3 parameters each stay far below the protocol's 65,535. */
const ROWS_A_STATEMENT = 1_000

/** Entries in the log. */
export async function readLogSize(db: Db): Promise<number> {
  const row = await db.selectFrom('log_head').select('size').where('id', '=', 0).executeTakeFirstOrThrow()
  return Number(row.size)
}

/** As {@link readLogSize}, and other transactions that append wait until this one ends. */
export async function lockLogSize(tx: Db): Promise<number> {
  const head = tx.selectFrom('log_head').select('size').where('id', '=', 0).forUpdate()
  return Number((await head.executeTakeFirstOrThrow()).size)
}

/** Sets the number of entries; {@link lockLogSize} comes before it. */
export async function writeLogSize(tx: Db, size: number): Promise<void> {
  await tx.updateTable('log_head').set({ size }).where('id', '=', 0).execute()
}

/** Keeps entries from index `from` on. */
export async function insertLogEntries(
  tx: Db,
  from: number,
  entries: readonly Uint8Array[],
  nowMs: number,
): Promise<void> {
  // One parameter for all of them: three a row cost the embedded database more than the rows.
  const hex = entries.map((entry) => toHex(entry)).join(',')
  await sql`
    insert into log_entries (log_index, entry, at_ms)
    select ${from}::bigint + place - 1, decode(entry, 'hex'), ${nowMs}::bigint
    from string_to_table(${hex}, ',') with ordinality as given (entry, place)`.execute(tx)
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
  return rows.map((row) => ({ index: Number(row.log_index), entry: row.entry, atMs: Number(row.at_ms) }))
}

/** Adds digests to tiles. */
export async function growTiles(tx: Db, tiles: readonly TileGrowth[]): Promise<void> {
  for (let at = 0; at < tiles.length; at += ROWS_A_STATEMENT) {
    const some = tiles.slice(at, at + ROWS_A_STATEMENT)
    await tx
      .insertInto('log_tiles')
      .values(some.map(({ level, index, hashes }) => ({ level, position: index, hashes })))
      .onConflict((conflict) =>
        conflict
          .columns(['level', 'position'])
          .doUpdateSet({ hashes: (eb) => eb(eb.ref('log_tiles.hashes'), '||', eb.ref('excluded.hashes')) }),
      )
      .execute()
  }
}

/** Reads tiles in one query. Throws {@link LogTileMissingError}. */
export function logTiles(db: Db): TileReader {
  return {
    async readTiles(keys) {
      if (keys.length === 0) return []
      const rows = await db
        .selectFrom('log_tiles')
        .selectAll()
        .where((eb) =>
          eb.or(keys.map(({ level, index }) => eb.and([eb('level', '=', level), eb('position', '=', BigInt(index))]))),
        )
        .execute()
      const found = new Map(rows.map((row) => [`${row.level}/${row.position}`, row.hashes]))
      return keys.map((key) => {
        const hashes = found.get(`${key.level}/${key.index}`)
        if (hashes === undefined) throw new LogTileMissingError(key)
        return hashes
      })
    },
  }
}

/** Keeps a signed checkpoint; there is one for each size. */
export async function insertCheckpoint(db: Db, checkpoint: CheckpointRow): Promise<void> {
  const { size, root, note } = checkpoint
  await db
    .insertInto('log_checkpoints')
    .values({ size, root, note })
    .onConflict((conflict) => conflict.column('size').doNothing())
    .execute()
}

/** The largest signed checkpoint, or null. */
export async function latestCheckpoint(db: Db): Promise<CheckpointRow | null> {
  const row = await db.selectFrom('log_checkpoints').selectAll().orderBy('size', 'desc').limit(1).executeTakeFirst()
  return row === undefined ? null : { size: Number(row.size), root: row.root as Digest, note: row.note }
}

/** The signed checkpoint of `size`, or null. */
export async function readCheckpoint(db: Db, size: number): Promise<CheckpointRow | null> {
  const row = await db.selectFrom('log_checkpoints').selectAll().where('size', '=', BigInt(size)).executeTakeFirst()
  return row === undefined ? null : { size: Number(row.size), root: row.root as Digest, note: row.note }
}

/** Keeps a witness's cosignature of the checkpoint of `size`, unless there are `limit` already. */
export async function insertCosignature(
  db: Db,
  size: number,
  witness: PublicKey,
  line: string,
  limit: number,
): Promise<boolean> {
  if ((await readCosignatures(db, size)).length >= limit) return false
  await db
    .insertInto('log_cosignatures')
    .values({ size, witness, line })
    .onConflict((conflict) => conflict.columns(['size', 'witness']).doNothing())
    .execute()
  return true
}

/** Forgets cosignatures of all but the `keep` largest checkpoints that have any. */
export async function pruneCosignatures(db: Db, keep: number): Promise<void> {
  const sizes = db.selectFrom('log_cosignatures').select('size').distinct().orderBy('size', 'desc').limit(keep)
  await db.deleteFrom('log_cosignatures').where('size', 'not in', sizes).execute()
}

/** Cosignature lines of the checkpoint of `size`. */
export async function readCosignatures(db: Db, size: number): Promise<string[]> {
  const rows = db.selectFrom('log_cosignatures').select('line').where('size', '=', BigInt(size)).orderBy('witness')
  return (await rows.execute()).map(({ line }) => line)
}

/** The log's table lacks a tile that its size says is there: the store is damaged. */
export class LogTileMissingError extends AppError {
  override readonly name = 'coordinator.LogTileMissing'
  constructor({ level, index }: TileKey) {
    super('bug', `The log lacks tile ${index} of level ${level}: the store is damaged.`)
  }
}
