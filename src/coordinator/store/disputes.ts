// Disputes: over which part replicas differed, what the reference and the third node said. In the text that is handed out.
import type { Digest } from '#core/digest.ts'
import type { Db } from './schema.ts'

/** A dispute as it is kept. */
export type DisputeRow = {
  readonly id: Digest
  readonly job: Digest
  readonly unit: Digest
  readonly body: string
  readonly atMs: number
}

/** Keeps a dispute; the same again changes nothing. */
export async function insertDispute(db: Db, { id, job, unit, body, atMs }: DisputeRow): Promise<void> {
  await db
    .insertInto('disputes')
    .values({ dispute: id, job, unit, body, at_ms: atMs })
    .onConflict((conflict) => conflict.column('dispute').doNothing())
    .execute()
}

/** The text of dispute `id`, or null. */
export async function readDispute(db: Db, id: string): Promise<string | null> {
  const row = await db.selectFrom('disputes').select('body').where('dispute', '=', id).executeTakeFirst()
  return row?.body ?? null
}
