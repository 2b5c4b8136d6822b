// Where a page keeps its identity between visits: the key pair, the device credential and the current delegation, in IndexedDB, which
// stores non-extractable keys as they are. Where IndexedDB fails, memory serves, and the page is told that nothing will be remembered.
import { type DBSchema, type IDBPDatabase, openDB } from 'idb'
import * as v from 'valibot'
import type { Signer } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import { type Delegation, type StoredCredential, delegationSchema, storedCredentialSchema } from './delegation.ts'
import { createSessionKey, signerFromKeyPair } from './session-key.ts'

/** All that a page remembers of who it is. */
export type SessionRecord = {
  readonly pair: CryptoKeyPair
  readonly credential: StoredCredential | null
  readonly delegation: Delegation | null
}

/** Keeps one {@link SessionRecord}. */
export interface SessionStore {
  /** Whether the record outlives the page. Turns false when a write fails. */
  readonly isPersistent: boolean
  load(): Promise<SessionRecord | undefined>
  /** Keeps `pair` unless another tab was first; returns the record that is kept. */
  claim(pair: CryptoKeyPair): Promise<SessionRecord>
  /** Changes credential or delegation. Throws {@link NoSessionError} before the first claim. */
  update(change: Partial<Omit<SessionRecord, 'pair'>>): Promise<SessionRecord>
  /** Forgets everything. */
  clear(): Promise<void>
  close(): void
}

/** An identity in use: its signer and what is remembered with it. */
export type Session = { readonly signer: Signer; readonly record: SessionRecord }

const DATABASE = 'commonwatt-identity'
const KEY = 'session'

interface Schema extends DBSchema {
  session: { key: string; value: SessionRecord }
}

/** Opens the store of this origin; falls back to memory where IndexedDB cannot be had. */
export async function openSessionStore(name = DATABASE): Promise<SessionStore> {
  const memory = createMemorySessionStore()
  try {
    const db = await openDB<Schema>(name, 1, { upgrade: (database) => void database.createObjectStore('session') })
    return new IndexedDbSessionStore(db, memory)
  } catch {
    return memory
  }
}

/** A store that forgets with the page. */
export function createMemorySessionStore(): SessionStore {
  let record: SessionRecord | undefined
  return {
    isPersistent: false,
    load: async () => record,
    claim: async (pair) => (record ??= emptyRecord(pair)),
    update: async (change) => {
      if (record === undefined) throw new NoSessionError()
      return (record = { ...record, ...change })
    },
    clear: async () => {
      record = undefined
    },
    close: () => {},
  }
}

/** The identity in `store`, made on the first visit. The same key after every reload while the store is persistent. */
export async function obtainSession(store: SessionStore): Promise<Session> {
  const record = (await store.load()) ?? (await store.claim(await createSessionKey()))
  return { signer: await signerFromKeyPair(record.pair), record }
}

/** Reads and writes in transactions, so that two tabs agree on one key. After a failure it serves from memory. */
class IndexedDbSessionStore implements SessionStore {
  readonly #db: IDBPDatabase<Schema>
  readonly #memory: SessionStore
  #isPersistent = true
  /** What this tab saw last, so that a failing disk does not change who it is. */
  #last: SessionRecord | undefined

  constructor(db: IDBPDatabase<Schema>, memory: SessionStore) {
    this.#db = db
    this.#memory = memory
  }

  get isPersistent(): boolean {
    return this.#isPersistent
  }

  load(): Promise<SessionRecord | undefined> {
    return this.#guard(
      async () => {
        const stored = await this.#db.get('session', KEY)
        return stored && restore(stored)
      },
      () => this.#memory.load(),
    )
  }

  claim(pair: CryptoKeyPair): Promise<SessionRecord> {
    return this.#guard(
      () => this.#change((stored) => stored ?? emptyRecord(pair)),
      () => this.#memory.claim(pair),
    )
  }

  update(change: Partial<Omit<SessionRecord, 'pair'>>): Promise<SessionRecord> {
    return this.#guard(
      () =>
        this.#change((stored) => {
          if (stored === undefined) throw new NoSessionError()
          return { ...stored, ...change }
        }),
      () => this.#memory.update(change),
    )
  }

  clear(): Promise<void> {
    return this.#guard(
      async () => {
        await this.#db.delete('session', KEY)
        this.#last = undefined
      },
      () => this.#memory.clear(),
    )
  }

  close(): void {
    this.#db.close()
  }

  async #change(next: (stored: SessionRecord | undefined) => SessionRecord): Promise<SessionRecord> {
    const transaction = this.#db.transaction('session', 'readwrite')
    const settled = transaction.done.catch((error: unknown) => error)
    try {
      const stored = await transaction.store.get(KEY)
      const record = next(stored && restore(stored))
      await transaction.store.put(record, KEY)
      await transaction.done
      return record
    } catch (error) {
      await settled
      throw error
    }
  }

  async #guard<T extends SessionRecord | undefined | void>(
    disk: () => Promise<T>,
    memory: () => Promise<T>,
  ): Promise<T> {
    if (!this.#isPersistent) return memory()
    try {
      const result = await disk()
      if (result !== undefined) this.#last = result
      return result
    } catch (error) {
      if (error instanceof NoSessionError) throw error
      this.#isPersistent = false
      if (this.#last !== undefined) {
        const { pair, ...rest } = this.#last
        await this.#memory.claim(pair)
        await this.#memory.update(rest)
      }
      return memory()
    }
  }
}

function emptyRecord(pair: CryptoKeyPair): SessionRecord {
  return { pair, credential: null, delegation: null }
}

/** A record as an older version may have left it: what no longer fits its schema is dropped, the key stays. */
function restore(stored: SessionRecord): SessionRecord {
  return {
    pair: stored.pair,
    credential: v.is(storedCredentialSchema, stored.credential) ? stored.credential : null,
    delegation: v.is(delegationSchema, stored.delegation) ? stored.delegation : null,
  }
}

/** A credential or delegation was to be kept before there was a key. */
export class NoSessionError extends AppError {
  override readonly name = 'identity.NoSession'
  constructor() {
    super('bug', 'There is no session to add to: claim a key pair first.')
  }
}
