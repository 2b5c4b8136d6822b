// Nodes that were ever admitted: what they said of themselves, what they did. Who is here now is known to the matchmaker.
import type { Selectable } from 'kysely'
import type { PublicKey } from '#core/ed25519.ts'
import type { Db, Schema } from './schema.ts'

/** A node as it is kept. */
export type NodeRecord = {
  readonly node: PublicKey
  readonly payee: PublicKey
  readonly tier: number
  readonly backend: string
  readonly adapter: string
  readonly ratedMops: number
  readonly unitsDone: number
  readonly faults: number
  readonly bannedUntilMs: number
  readonly seenMs: number
}

/** What a hello says of a node. */
export type NodeHello = Pick<NodeRecord, 'node' | 'payee' | 'tier' | 'backend' | 'adapter' | 'ratedMops' | 'seenMs'>

/** Records an admitted node, or what changed of it. */
export async function upsertNode(db: Db, hello: NodeHello): Promise<void> {
  const changing = {
    payee: hello.payee,
    tier: hello.tier,
    backend: hello.backend,
    adapter: hello.adapter,
    rated_mops: hello.ratedMops,
    seen_ms: hello.seenMs,
  }
  await db
    .insertInto('nodes')
    .values({ node: hello.node, ...changing, units_done: 0, faults: 0, banned_until_ms: 0, forfeited_epoch: null })
    .onConflict((conflict) => conflict.column('node').doUpdateSet(changing))
    .execute()
}

/** The node of that key, or null. */
export async function readNode(db: Db, node: PublicKey): Promise<NodeRecord | null> {
  const row = await db.selectFrom('nodes').selectAll().where('node', '=', node).executeTakeFirst()
  return row === undefined ? null : fromRow(row)
}

/** The nodes seen last, at most `limit`. */
export async function listNodes(db: Db, limit: number): Promise<NodeRecord[]> {
  const rows = await db.selectFrom('nodes').selectAll().orderBy('seen_ms', 'desc').limit(limit).execute()
  return rows.map(fromRow)
}

/** Counts a unit that `node` was paid for. */
export async function countUnitDone(tx: Db, node: PublicKey): Promise<void> {
  await tx
    .updateTable('nodes')
    .set((eb) => ({ units_done: eb('units_done', '+', 1) }))
    .where('node', '=', node)
    .execute()
}

/** Counts a proven fault of `node` and keeps it out until `untilMs`. */
export async function banNode(tx: Db, node: PublicKey, untilMs: number): Promise<void> {
  await tx
    .updateTable('nodes')
    .set((eb) => ({ faults: eb('faults', '+', 1), banned_until_ms: untilMs }))
    .where('node', '=', node)
    .execute()
}

/** Notes that `node` was heard of. */
export async function touchNode(db: Db, node: PublicKey, nowMs: number): Promise<void> {
  await db.updateTable('nodes').set({ seen_ms: nowMs }).where('node', '=', node).execute()
}

function fromRow(row: Selectable<Schema['nodes']>): NodeRecord {
  return {
    node: row.node as PublicKey,
    payee: row.payee as PublicKey,
    tier: row.tier,
    backend: row.backend,
    adapter: row.adapter,
    ratedMops: Number(row.rated_mops),
    unitsDone: row.units_done,
    faults: row.faults,
    bannedUntilMs: Number(row.banned_until_ms),
    seenMs: Number(row.seen_ms),
  }
}
