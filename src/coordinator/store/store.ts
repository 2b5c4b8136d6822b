// The coordinator's durable state: a Kysely database on PGlite in a directory. It survives a killed process, not a power failure.
// Everything that belongs together changes in one transaction; the modules beside this one hold the statements, a noun each.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { PGlite, types } from '@electric-sql/pglite'
import { Kysely, PGliteDialect } from 'kysely'
import { migrate } from './migrations.ts'
import type { Db, Schema } from './schema.ts'

/** An open store. Inside `transaction` only the handed `tx` may be used: the embedded database has one connection. */
export interface Store {
  readonly db: Db
  transaction<T>(work: (tx: Db) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** Times a transaction is tried again when the database asks for it (SQLSTATE 40001). */
const MAX_RETRIES = 5

/** Opens the store in `dir`, made when missing; in memory without one. The caller holds the directory's lock. */
export async function openStore(dir?: string): Promise<Store> {
  if (dir !== undefined) await mkdir(dir, { recursive: true })
  const parsers = { [types.INT8]: BigInt, [types.NUMERIC]: BigInt }
  const pglite = await PGlite.create({ ...(dir === undefined ? {} : { dataDir: join(dir, 'pg') }), parsers })
  const db = new Kysely<Schema>({ dialect: new PGliteDialect({ pglite }) })
  try {
    await migrate(db)
  } catch (error) {
    await db.destroy()
    throw error
  }
  return { db, transaction: (work) => retrying(db, work), close: () => db.destroy() }
}

async function retrying<T>(db: Db, work: (tx: Db) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().execute(work)
    } catch (error) {
      const isSerialization = error instanceof Error && 'code' in error && error.code === '40001'
      if (!isSerialization || attempt >= MAX_RETRIES) throw error
    }
  }
}
