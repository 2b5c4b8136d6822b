// Contents that were announced: how many bytes they may take and how long their upload took. The parts are files (blobs/).
import type { Digest } from '#core/digest.ts'
import type { Db } from './schema.ts'

/** Records an announcement; the first one stays. */
export async function insertContent(db: Db, content: Digest, sizeBytes: number, nowMs: number): Promise<void> {
  await db
    .insertInto('contents')
    .values({ content, size_bytes: sizeBytes, announced_ms: nowMs, completed_ms: null })
    .onConflict((conflict) => conflict.column('content').doNothing())
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

/** Forgets a content. */
export async function deleteContent(db: Db, content: Digest): Promise<void> {
  await db.deleteFrom('contents').where('content', '=', content).execute()
}
