// Beats: one row per node and slot, the last beat of the slot with its witness, until the holdback is over.
import type { PublicKey } from '#core/ed25519.ts'
import { type Beat, type BeatState, type Witness } from '#liveness/beat.ts'
import type { Db } from './schema.ts'

/** A slot in which a node beat. */
export type BeatRecord = { readonly slot: number; readonly state: BeatState; readonly isWitnessed: boolean }

/** Keeps a verified beat; a later beat of the same slot replaces the state and keeps an earlier witness when it has none. */
export async function upsertBeat(db: Db, beat: Beat, witness: Witness | null): Promise<void> {
  const row = {
    state: beat.body.state,
    beat: JSON.stringify(beat),
    witness: witness === null ? null : JSON.stringify(witness),
  }
  const { witness: newWitness, ...rest } = row
  await db
    .insertInto('beats')
    .values({ node: beat.signer, slot: beat.body.slot, ...row })
    .onConflict((conflict) =>
      conflict.columns(['node', 'slot']).doUpdateSet(newWitness === null ? rest : { ...rest, witness: newWitness }),
    )
    .execute()
}

/** The latest beat of `node`, or null. */
export async function latestBeat(db: Db, node: PublicKey): Promise<Beat | null> {
  const row = await db
    .selectFrom('beats')
    .select('beat')
    .where('node', '=', node)
    .orderBy('slot', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row === undefined ? null : (JSON.parse(row.beat) as Beat)
}

/** Slots of `node` from `fromSlot` on, in order; slots without a beat are left out. */
export async function beatsOf(db: Db, node: PublicKey, fromSlot: number): Promise<BeatRecord[]> {
  const rows = await db
    .selectFrom('beats')
    .select(['slot', 'state', (eb) => eb('witness', 'is not', null).as('witnessed')])
    .where('node', '=', node)
    .where('slot', '>=', BigInt(fromSlot))
    .orderBy('slot')
    .execute()
  return rows.map((row) => ({
    slot: Number(row.slot),
    state: row.state as BeatState,
    isWitnessed: Boolean(row.witnessed),
  }))
}

/** Beats of one node in a stretch of slots. */
export type BeatCount = { readonly node: PublicKey; readonly beats: number; readonly witnessed: number }

/** Beats of every node from slot `from` up to `end`, excluded. */
export async function countBeats(db: Db, from: number, end: number): Promise<BeatCount[]> {
  const rows = await db
    .selectFrom('beats')
    .select((eb) => ['node', eb.fn.countAll().as('beats'), eb.fn.count('witness').as('witnessed')])
    .where('slot', '>=', BigInt(from))
    .where('slot', '<', BigInt(end))
    .groupBy('node')
    .execute()
  return rows.map(({ node, beats, witnessed }) => ({
    node: node as PublicKey,
    beats: Number(beats),
    witnessed: Number(witnessed),
  }))
}

/** Forgets beats before `slot`. */
export async function deleteBeatsBefore(db: Db, slot: number): Promise<void> {
  await db.deleteFrom('beats').where('slot', '<', BigInt(slot)).execute()
}
