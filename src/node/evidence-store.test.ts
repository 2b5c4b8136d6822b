import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { signerFromSecret } from '#core/ed25519.ts'
import { seededRandom } from '#core/random.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fileEvidence } from './evidence-file.ts'
import { EvidenceStore, MAX_EVIDENCE, MAX_EVIDENCE_TEXT, MAX_EVIDENCE_TOTAL, memoryPlace } from './evidence-store.ts'

const against = signerFromSecret(seededRandom('evidence').bytes(32)).publicKey
const lie = (n: number | string) => ({ against, says: `Lie ${n}.`, atMs: 1, document: { format: 'test', n } })

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'evidence-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

describe('EvidenceStore', () => {
  test('default: keeps a case once, for the next run too', async () => {
    const place = fileEvidence(join(dir, 'evidence.json'))
    const store = new EvidenceStore(place)
    await store.load()
    expect(await store.add(lie(1))).toBe(true)
    expect(await store.add(lie(1))).toBe(false)
    expect(await store.add(lie(2))).toBe(true)
    const next = new EvidenceStore(place)
    await next.load()
    expect(next.kept).toEqual(store.kept)
    expect(next.kept.map(({ says }) => says)).toEqual(['Lie 1.', 'Lie 2.'])
    expect(next.kept[0]?.body).toBe('{\n  "format": "test",\n  "n": 1\n}\n')
  })

  test('behaviour: a file that is damaged counts as none, and a place that fails loses nothing at hand', async () => {
    const path = join(dir, 'damaged.json')
    for (const text of ['', '{', '[{"id":1}]', '{"id":"x"}']) {
      await writeFile(path, text)
      const store = new EvidenceStore(fileEvidence(path))
      await store.load()
      expect(store.kept).toEqual([])
    }
    const failing = { load: () => Promise.reject(new Error('gone')), save: () => Promise.reject(new Error('full')) }
    const store = new EvidenceStore(failing)
    await store.load()
    expect(await store.add(lie(1))).toBe(true)
    expect(store.kept.length).toBe(1)
  })

  test(`limit: ${MAX_EVIDENCE} cases kept, one more refused`, async () => {
    const store = new EvidenceStore(memoryPlace())
    for (let n = 0; n < MAX_EVIDENCE; n++) expect(await store.add(lie(n))).toBe(true)
    expect(await store.add(lie(MAX_EVIDENCE))).toBe(false)
    expect(store.kept[0]?.says).toBe('Lie 0.')
  })

  test(`limit: a text of ${MAX_EVIDENCE_TEXT} kept, one longer refused`, async () => {
    const store = new EvidenceStore(memoryPlace())
    const around = '{\n  "format": "test",\n  "n": ""\n}\n'.length
    expect(await store.add(lie('x'.repeat(MAX_EVIDENCE_TEXT - around)))).toBe(true)
    expect(await store.add(lie('y'.repeat(MAX_EVIDENCE_TEXT - around + 1)))).toBe(false)
  })

  test(`limit: ${MAX_EVIDENCE_TOTAL} characters kept in all, one more refused`, async () => {
    const around = '{\n  "format": "test",\n  "n": ""\n}\n'.length
    const store = new EvidenceStore(memoryPlace())
    const full = MAX_EVIDENCE_TOTAL / MAX_EVIDENCE_TEXT
    const text = (first: string) => lie(first + 'x'.repeat(MAX_EVIDENCE_TEXT - around - 1))
    for (let n = 0; n < full - 1; n++) expect(await store.add(text(String(n)))).toBe(true)
    expect(await store.add(lie('y'))).toBe(true)
    expect(await store.add(text('z'))).toBe(false)
    const left = MAX_EVIDENCE_TEXT - around - 1
    expect(await store.add(lie('w'.repeat(left - around + 1)))).toBe(false)
    expect(await store.add(lie('w'.repeat(left - around)))).toBe(true)
  })
})
