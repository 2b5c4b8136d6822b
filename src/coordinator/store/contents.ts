// Contents that were announced: how many bytes they may take, how long their upload took, when they were last used. The parts are
// files (blobs/).
import type { Digest } from '#core/digest.ts'
import type { Db } from './schema.ts'

/** Records an announcement or a use; of a content that is known the larger size counts and the first announcement stays. */
export async function insertContent(db: Db, content: Digest, sizeBytes: number, nowMs: number): Promise<void> {
  await db
    .insertInto('contents')
    .values({ content, size_bytes: sizeBytes, announced_ms: nowMs, completed_ms: null, used_ms: nowMs })
    .onConflict((conflict) =>
      conflict.column('content').doUpdateSet((eb) => ({
        used_ms: nowMs,
        size_bytes: eb.fn<bigint>('greatest', ['contents.size_bytes', eb.ref('excluded.size_bytes')]),
      })),
    )
    .execute()
}

/** Records that all parts are there. */
export async function completeContent(db: Db, content: Digest, nowMs: number): Promise<void> {
  await db
    .updateTable('contents')
    .set({ completed_ms: nowMs })
    .where('content', '=', content)
    .where('completed_ms', 'is', null)
    .execute()
}

/** Records that `contents` are used now; returns how many of them there are. */
export async function touchContents(tx: Db, contents: readonly Digest[], nowMs: number): Promise<number> {
  if (contents.length === 0) return 0
  const { numUpdatedRows } = await tx
    .updateTable('contents')
    .set({ used_ms: nowMs })
    .where('content', 'in', contents)
    .executeTakeFirstOrThrow()
  return Number(numUpdatedRows)
}

/** Bytes of everything announced. */
export async function totalContentBytes(db: Db): Promise<number> {
  const { total } = await db
    .selectFrom('contents')
    .select((eb) => eb.fn.sum<bigint | null>('size_bytes').as('total'))
    .executeTakeFirstOrThrow()
  return Number(total ?? 0n)
}

/** The longest upload among `contents` in milliseconds. */
export async function uploadMs(db: Db, contents: readonly Digest[]): Promise<number> {
  if (contents.length === 0) return 0
  const rows = await db
    .selectFrom('contents')
    .select(['announced_ms', 'completed_ms'])
    .where('content', 'in', contents)
    .execute()
  return Math.max(0, ...rows.map((row) => Number((row.completed_ms ?? row.announced_ms) - row.announced_ms)))
}

/** Contents last used before `beforeMs`, the longest unused first, at most `limit`. */
export async function unusedContents(db: Db, beforeMs: number, limit: number): Promise<Digest[]> {
  const rows = await db
    .selectFrom('contents')
    .select('content')
    .where('used_ms', '<', BigInt(beforeMs))
    .orderBy('used_ms')
    .limit(limit)
    .execute()
  return rows.map((row) => row.content as Digest)
}

/** Forgets a content unless it was used since `beforeMs`. False, and nothing changes, if it was. */
export async function deleteUnusedContent(tx: Db, content: Digest, beforeMs: number): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('contents')
    .where('content', '=', content)
    .where('used_ms', '<', BigInt(beforeMs))
    .executeTakeFirst()
  return numDeletedRows === 1n
}
