// The history of this device in IndexedDB, bounded in units and in time. What two tabs write is added up, never overwritten.
import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB } from 'idb'
import {
  type Bucket,
  type KeptUnit,
  MAX_UNITS,
  MINUTES_KEPT_MS,
  QUARTERS_KEPT_MS,
  QUARTER_MS,
  type Totals,
  bucketsOf,
  emptyBucket,
  joined,
  totalsOf,
  unitsOf,
} from './kept.ts'

const DATABASE = 'commonwatt-history'
const VERSION = 1
const ALL = 'all'

interface Schema extends DBSchema {
  units: { key: string; value: KeptUnit; indexes: { finishedMs: number } }
  minutes: { key: number; value: Bucket }
  quarters: { key: number; value: Bucket }
  totals: { key: string; value: Totals }
}

type Writing = IDBPTransaction<Schema, ('units' | 'minutes' | 'quarters' | 'totals')[], 'readwrite'>

/** What is added at once: finished units, and what the minutes gained. The buckets count the units already. */
export type Addition = { readonly units: readonly KeptUnit[]; readonly minutes: readonly Bucket[] }

/** Everything that is kept, oldest first. */
export type WholeHistory = {
  readonly totals: Totals | undefined
  readonly units: readonly KeptUnit[]
  readonly quarters: readonly Bucket[]
  readonly minutes: readonly Bucket[]
}

/** The history. Every call rejects when the browser does not let it; nothing else of the page depends on it. */
export interface HistoryStore {
  add(addition: Addition): Promise<void>
  totals(): Promise<Totals | undefined>
  /** Buckets that begin at `fromMs` or later, oldest first. */
  minutes(fromMs: number): Promise<Bucket[]>
  quarters(fromMs: number): Promise<Bucket[]>
  countUnits(): Promise<number>
  /** At most `count` units, newest first, after the newest `skipped`. */
  units(skipped: number, count: number): Promise<KeptUnit[]>
  whole(): Promise<WholeHistory>
  /** Forgets everything. */
  clear(): Promise<void>
  /** Calls `listener` after every change made through this store; returns its removal. */
  onChange(listener: () => void): () => void
  close(): void
}

/** Opens this origin's history. `maxUnits` is the bound on units. Rejects where IndexedDB is denied. */
export async function openHistoryStore(name = DATABASE, maxUnits = MAX_UNITS): Promise<HistoryStore> {
  const db = await openDB<Schema>(name, VERSION, {
    upgrade: (database) => {
      database.createObjectStore('units', { keyPath: 'id' }).createIndex('finishedMs', 'finishedMs')
      database.createObjectStore('minutes', { keyPath: 'startMs' })
      database.createObjectStore('quarters', { keyPath: 'startMs' })
      database.createObjectStore('totals')
    },
    // A newer version of the page in another tab goes first; this one keeps nothing from then on.
    blocking: (_from, _to, event) => (event.target as IDBDatabase).close(),
  })
  return new IndexedHistory(db, maxUnits)
}

class IndexedHistory implements HistoryStore {
  readonly #db: IDBPDatabase<Schema>
  readonly #maxUnits: number
  readonly #listeners = new Set<() => void>()

  constructor(db: IDBPDatabase<Schema>, maxUnits: number) {
    this.#db = db
    this.#maxUnits = maxUnits
  }

  async add({ units, minutes }: Addition): Promise<void> {
    const writing = this.#db.transaction(['units', 'minutes', 'quarters', 'totals'], 'readwrite')
    await Promise.all([addAll(writing, units, minutes, this.#maxUnits), writing.done])
    this.#tell()
  }

  async totals(): Promise<Totals | undefined> {
    return totalsOf(await this.#db.get('totals', ALL))
  }

  async minutes(fromMs: number): Promise<Bucket[]> {
    return bucketsOf(await this.#db.getAll('minutes', IDBKeyRange.lowerBound(fromMs)))
  }

  async quarters(fromMs: number): Promise<Bucket[]> {
    return bucketsOf(await this.#db.getAll('quarters', IDBKeyRange.lowerBound(fromMs)))
  }

  countUnits(): Promise<number> {
    return this.#db.count('units')
  }

  async units(skipped: number, count: number): Promise<KeptUnit[]> {
    const index = this.#db.transaction('units').store.index('finishedMs')
    const found: unknown[] = []
    let cursor = await index.openCursor(null, 'prev')
    if (skipped > 0) cursor = (await cursor?.advance(skipped)) ?? null
    for (; cursor !== null && found.length < count; cursor = await cursor.continue()) found.push(cursor.value)
    return unitsOf(found)
  }

  async whole(): Promise<WholeHistory> {
    const [totals, units, quarters, minutes] = await Promise.all([
      this.totals(),
      this.#db.getAllFromIndex('units', 'finishedMs'),
      this.quarters(0),
      this.minutes(0),
    ])
    return { totals, units: unitsOf(units), quarters, minutes }
  }

  async clear(): Promise<void> {
    const writing = this.#db.transaction(['units', 'minutes', 'quarters', 'totals'], 'readwrite')
    const stores = ['units', 'minutes', 'quarters', 'totals'] as const
    await Promise.all([...stores.map((name) => writing.objectStore(name).clear()), writing.done])
    this.#tell()
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#db.close()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

async function addAll(
  writing: Writing,
  units: readonly KeptUnit[],
  minutes: readonly Bucket[],
  maxUnits: number,
): Promise<void> {
  const store = writing.objectStore('units')
  for (const unit of units) await store.put(unit)
  for (const minute of minutes) {
    await join(writing, 'minutes', minute)
    await join(writing, 'quarters', { ...minute, startMs: minute.startMs - (minute.startMs % QUARTER_MS) })
  }
  await joinTotals(writing, minutes)
  await forget(writing, minutes.at(-1)?.startMs ?? 0, maxUnits)
}

async function join(writing: Writing, name: 'minutes' | 'quarters', bucket: Bucket): Promise<void> {
  const store = writing.objectStore(name)
  const [known] = bucketsOf([await store.get(bucket.startMs)])
  await store.put(joined(known ?? emptyBucket(bucket.startMs), bucket))
}

async function joinTotals(writing: Writing, minutes: readonly Bucket[]): Promise<void> {
  const [first] = minutes
  if (first === undefined) return
  const store = writing.objectStore('totals')
  const { startMs, ...none } = emptyBucket(first.startMs)
  const known = totalsOf(await store.get(ALL)) ?? { ...none, sinceMs: startMs }
  await store.put(
    minutes.reduce<Totals>((sum, minute) => joined(sum, minute), known),
    ALL,
  )
}

/** Removes what is older or more than is kept. */
async function forget(writing: Writing, nowMs: number, maxUnits: number): Promise<void> {
  if (nowMs > MINUTES_KEPT_MS)
    await writing.objectStore('minutes').delete(IDBKeyRange.upperBound(nowMs - MINUTES_KEPT_MS, true))
  if (nowMs > QUARTERS_KEPT_MS)
    await writing.objectStore('quarters').delete(IDBKeyRange.upperBound(nowMs - QUARTERS_KEPT_MS, true))
  const units = writing.objectStore('units')
  let surplus = (await units.count()) - maxUnits
  let cursor = surplus > 0 ? await units.index('finishedMs').openCursor() : null
  for (; cursor !== null && surplus > 0; surplus--, cursor = await cursor.continue()) await cursor.delete()
}
