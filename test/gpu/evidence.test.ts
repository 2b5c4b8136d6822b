// Evidence of a node in a page: kept in the browser's own storage, there again for the next visit.
import { describe, expect, test } from 'vitest'
import { signerFromSecret } from '#core/ed25519.ts'
import { seededRandom } from '#core/random.ts'
import { pagePlace } from '#node/browser.ts'
import { EvidenceStore } from '#node/evidence-store.ts'

describe('evidence in a page', () => {
  test('default: the next visit finds it', async () => {
    const against = signerFromSecret(seededRandom('evidence').bytes(32)).publicKey
    const store = new EvidenceStore(pagePlace())
    await store.load()
    const document = { format: 'test', n: store.kept.length }
    expect(await store.add({ against, says: 'It lied.', atMs: 1, document })).toBe(true)
    const next = new EvidenceStore(pagePlace())
    await next.load()
    expect(next.kept).toEqual(store.kept)
    expect(next.kept.at(-1)).toMatchObject({ against, says: 'It lied.' })
  })
})
