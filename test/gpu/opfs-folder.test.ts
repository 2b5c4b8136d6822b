// Model files in a browser: what one tab has fetched another has, and while one fetches the other waits. Two workers are two tabs here.
import { type Remote, wrap } from 'comlink'
import { afterEach, describe, expect, test } from 'vitest'
import { equals } from '#core/bytes.ts'
import { contentId } from '#core/content.ts'
import { leafDigest } from '#core/merkle.ts'
import { seededRandom } from '#core/random.ts'
import type { OpfsKeeper } from '../support/opfs-worker.ts'
// oxlint-disable-next-line import/default -- Vite makes the worker's address the default export of this name.
import opfsWorkerUrl from '../support/opfs-worker.ts?worker&url'

const PART_BYTES = 65_536
const workers: Worker[] = []

function newTab(): { files: Remote<OpfsKeeper>; end(): void } {
  const worker = new Worker(opfsWorkerUrl, { type: 'module' })
  workers.push(worker)
  return { files: wrap<OpfsKeeper>(worker), end: () => worker.terminate() }
}

function held(seed: string) {
  const random = seededRandom(seed)
  const parts = [PART_BYTES, PART_BYTES, 100].map((length) => random.bytes(length))
  const leaves = parts.map((part) => leafDigest(part))
  const layout = { form: 'blob', sizeBytes: 2 * PART_BYTES + 100 } as const
  return { ref: { id: contentId(layout, leaves), layout }, parts, leaves }
}

afterEach(async () => {
  for (const worker of workers.splice(0)) worker.terminate()
  const tab = newTab()
  for (const { name } of await tab.files.list()) await tab.files.remove(name)
  for (const worker of workers.splice(0)) worker.terminate()
})

describe('files of a page', () => {
  test('default: brought in one tab, read in another, checked and found after both have ended', async () => {
    const { ref, leaves, parts } = held('one')
    const [first, second] = [newTab(), newTab()]
    expect(await first.files.maxBytes()).toBeGreaterThan(PART_BYTES)
    expect(await first.files.missingParts(ref)).toEqual([0, 1, 2])
    await first.files.beginFile(ref, leaves)
    const waiting = second.files.missingParts(ref)
    for (const [i, part] of parts.entries()) await first.files.keepPart(ref.id, i, part)
    await first.files.closeFile(ref.id)
    expect(await waiting).toEqual([])
    const across = await second.files.read(ref, PART_BYTES - 2, 4)
    expect([...across]).toEqual([...(parts[0]?.slice(-2) ?? []), ...(parts[1]?.slice(0, 2) ?? [])])
    expect(equals(await first.files.read(ref, 2 * PART_BYTES, 100), parts[2] ?? new Uint8Array(0))).toBe(true)
    first.end()
    second.end()
    const later = newTab()
    expect(await later.files.missingParts(ref)).toEqual([])
    expect((await later.files.list()).map(({ name, sizeBytes }) => ({ name, sizeBytes }))).toEqual([
      { name: ref.id, sizeBytes: 3 * 32 + 2 * PART_BYTES + 100 },
    ])
  })

  test('behaviour: a tab that is closed in the midst of it leaves what it has to the next', async () => {
    const { ref, leaves, parts } = held('two')
    const first = newTab()
    await first.files.missingParts(ref)
    await first.files.beginFile(ref, leaves)
    await first.files.keepPart(ref.id, 1, parts[1]?.slice() ?? new Uint8Array(0))
    first.end()
    const next = newTab()
    expect(await next.files.missingParts(ref)).toEqual([0, 2])
  })
})
