// IndexedDB itself is tested in a browser: test/e2e/identity.spec.ts.
import { expect, test } from 'vitest'
import { createSessionKey } from './session-key.ts'
import { NoSessionError, createMemorySessionStore, obtainSession, openSessionStore } from './session-store.ts'

test('behaviour: without IndexedDB the store is in memory and says so', async () => {
  const store = await openSessionStore()
  expect(store.isPersistent).toBe(false)
  const { signer } = await obtainSession(store)
  expect((await obtainSession(store)).signer.publicKey).toBe(signer.publicKey)
  store.close()
})

test('behaviour: the first pair stays, changes are kept, clearing forgets', async () => {
  const store = createMemorySessionStore()
  expect(await store.load()).toBeUndefined()
  const first = await createSessionKey()
  expect((await store.claim(first)).pair).toBe(first)
  expect((await store.claim(await createSessionKey())).pair).toBe(first)
  const credential = { id: 'AA', publicKey: 'AA', attestation: null }
  await store.update({ credential })
  expect(await store.load()).toEqual({ pair: first, credential, delegation: null })
  await store.clear()
  expect(await store.load()).toBeUndefined()
})

test('error: NoSession before the first claim', async () => {
  await expect(createMemorySessionStore().update({ credential: null })).rejects.toThrow(NoSessionError)
})
