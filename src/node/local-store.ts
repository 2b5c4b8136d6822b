// Small values that a browser keeps for a node between visits: what was measured on its device. Where IndexedDB fails nothing is kept,
// and the node measures again.
import { type DBSchema, type IDBPDatabase, openDB } from 'idb'

const DATABASE = 'commonwatt-node'

interface Schema extends DBSchema {
  values: { key: string; value: unknown }
}

/** Values by name. Neither call throws: what cannot be kept is measured again. */
export interface LocalStore {
  get(key: string): Promise<unknown>
  set(key: string, value: unknown): Promise<void>
  /** Names of all values. */
  keys(): Promise<readonly string[]>
}

/** Opens the store of this origin; works in pages and workers. */
export async function openLocalStore(name = DATABASE): Promise<LocalStore> {
  const db = await openDB<Schema>(name, 1, {
    upgrade: (database) => void database.createObjectStore('values'),
  }).catch(() => undefined)
  return {
    get: (key) => attempt(db, (open) => open.get('values', key)),
    keys: async () => (await attempt(db, (open) => open.getAllKeys('values'))) ?? [],
    set: async (key, value) => void (await attempt(db, (open) => open.put('values', value, key))),
  }
}

async function attempt<T>(
  db: IDBPDatabase<Schema> | undefined,
  use: (open: IDBPDatabase<Schema>) => Promise<T>,
): Promise<T | undefined> {
  if (db === undefined) return undefined
  try {
    return await use(db)
  } catch {
    return undefined
  }
}
