// Registered language models: contents that anyone may generate with by name, kept as long as they are registered.
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import type { Db } from './schema.ts'

/** A registered model. `description` is JSON of what its file says of itself. */
export type ModelRecord = {
  readonly content: Digest
  readonly account: PublicKey
  readonly sizeBytes: number
  readonly description: string
  readonly registeredMs: number
}

/** Records a model; one that is registered stays as it is. Returns whether it is new. */
export async function insertModel(db: Db, model: ModelRecord): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('models')
    .values({
      content: model.content,
      account: model.account,
      size_bytes: model.sizeBytes,
      description: model.description,
      registered_ms: model.registeredMs,
    })
    .onConflict((conflict) => conflict.column('content').doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

/** Every registered model, the first registered first. */
export async function listModels(db: Db): Promise<ModelRecord[]> {
  const rows = await db.selectFrom('models').selectAll().orderBy('registered_ms').orderBy('content').execute()
  return rows.map((row) => ({
    content: row.content as Digest,
    account: row.account as PublicKey,
    sizeBytes: Number(row.size_bytes),
    description: row.description,
    registeredMs: Number(row.registered_ms),
  }))
}

/** Forgets a model of `account`; false when that account registered none of this id. */
export async function deleteModel(db: Db, content: Digest, account: PublicKey): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('models')
    .where('content', '=', content)
    .where('account', '=', account)
    .executeTakeFirst()
  return numDeletedRows === 1n
}
