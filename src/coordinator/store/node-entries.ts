// What opens the log's entries about nodes: salts of delegations, and an epoch's beats with the salt of its pseudonyms.
import type { Digest } from '#core/digest.ts'
import type { Db } from './schema.ts'

/** Beats of one epoch as the log commits to them. */
export type BeatSummaryRow = { readonly epoch: number; readonly salt: Digest; readonly body: string }

/** Whether the delegation is in the log. */
export async function isDelegationKept(db: Db, id: Digest): Promise<boolean> {
  const row = db.selectFrom('log_delegations').select('delegation').where('delegation', '=', id)
  return (await row.executeTakeFirst()) !== undefined
}

/** Keeps a delegation's salt. False when it was there. */
export async function insertDelegation(tx: Db, delegation: Digest, salt: Digest): Promise<boolean> {
  const inserted = tx
    .insertInto('log_delegations')
    .values({ delegation, salt })
    .onConflict((conflict) => conflict.column('delegation').doNothing())
    .returning('delegation')
  return (await inserted.executeTakeFirst()) !== undefined
}

/** Whether the epoch's beats are in the log. */
export async function isBeatSummaryKept(db: Db, epoch: number): Promise<boolean> {
  return (await readBeatSummary(db, epoch)) !== null
}

/** The epoch's beats, or null. */
export async function readBeatSummary(db: Db, epoch: number): Promise<BeatSummaryRow | null> {
  const row = await db.selectFrom('beat_summaries').selectAll().where('epoch', '=', BigInt(epoch)).executeTakeFirst()
  return row === undefined ? null : { epoch: Number(row.epoch), salt: row.salt as Digest, body: row.body }
}

/** Keeps an epoch's beats. False when they were there. */
export async function insertBeatSummary(tx: Db, row: BeatSummaryRow): Promise<boolean> {
  const inserted = tx
    .insertInto('beat_summaries')
    .values(row)
    .onConflict((conflict) => conflict.column('epoch').doNothing())
    .returning('epoch')
  return (await inserted.executeTakeFirst()) !== undefined
}
