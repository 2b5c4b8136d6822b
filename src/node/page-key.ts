// The key of this browser's node, to sign with what a person says in its name while no node runs, or beside the one that does.
import type { Signer } from '#core/ed25519.ts'
import { openSessionStore } from '#identity/session-store.ts'
import { signerFromKeyPair } from '#identity/session-key.ts'

/** Signs with the key that this browser keeps; null where it keeps none: before the first node, or where nothing is remembered. */
export async function pageKey(): Promise<Signer | null> {
  const store = await openSessionStore()
  try {
    const record = await store.load()
    return record === undefined ? null : await signerFromKeyPair(record.pair)
  } finally {
    store.close()
  }
}
