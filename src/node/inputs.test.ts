import { describe, expect, test } from 'vitest'
import { contentId } from '#core/content.ts'
import type { ContentRef } from '#core/content.ts'
import type { Digest } from '#core/digest.ts'
import { leafDigest } from '#core/merkle.ts'
import type { ContentManifest } from '#net/protocols/blob/transfer.ts'
import { partKey } from '#work/kind.ts'
import type { Unit } from '#work/unit.ts'
import { InputCache, MAX_MANIFESTS, type PartFetcher } from './inputs.ts'

const PART_BYTES = 64 * 1024

/** Blobs of some whole parts, and who was asked for what. */
function source(count: number) {
  const blobs = new Map<Digest, { manifest: ContentManifest; parts: Uint8Array<ArrayBuffer>[] }>()
  const refs: ContentRef[] = []
  for (let blob = 0; blob < count; blob++) {
    const parts = [0, 1, 2].map((part) => new Uint8Array(PART_BYTES).fill(1 + blob * 3 + part))
    const leaves = parts.map((part) => leafDigest(part))
    const layout = { form: 'blob', sizeBytes: 3 * PART_BYTES } as const
    const id = contentId(layout, leaves)
    blobs.set(id, { manifest: { layout, leaves }, parts })
    refs.push({ id, layout })
  }
  const asked: { id: Digest; parts: readonly number[]; hasManifest: boolean }[] = []
  const fetch: PartFetcher = async (id, { parts, manifest, onPart }) => {
    asked.push({ id, parts, hasManifest: manifest !== undefined })
    const blob = blobs.get(id)
    if (blob === undefined) throw new Error('unknown')
    for (const part of parts) await onPart(part, blob.parts[part] ?? new Uint8Array(0))
    return blob.manifest
  }
  return { refs, fetch, asked }
}

function unitOf(...inputs: ContentRef[]): Unit {
  return { kind: 'test', version: 1, inputs, params: {} }
}

function needing(...parts: number[]) {
  return { needs: ({ inputs }: Unit) => inputs.map((_, input) => ({ input, parts })) }
}

const signal = new AbortController().signal

describe('InputCache', () => {
  test('default: fetches what is needed once, for both inputs, and keeps leaf digests', async () => {
    const { refs, fetch, asked } = source(2)
    const cache = new InputCache(fetch)
    const parts = await cache.partsOf(unitOf(...refs), needing(0, 2), signal)
    expect([...parts.keys()].sort()).toEqual([partKey(0, 0), partKey(0, 2), partKey(1, 0), partKey(1, 2)])
    expect(parts.get(partKey(1, 2))?.[0]).toBe(6)
    await cache.partsOf(unitOf(...refs), needing(0, 1, 2), signal)
    expect(asked.map(({ parts: numbers, hasManifest }) => [numbers, hasManifest])).toEqual([
      [[0, 2], false],
      [[0, 2], false],
      [[1], true],
      [[1], true],
    ])
    await cache.partsOf(unitOf(...refs), needing(0, 1, 2), signal)
    expect(asked).toHaveLength(4)
  })

  test('behaviour: two units that want the same parts at once fetch them once; a failed fetch is the first unit own', async () => {
    const { refs, fetch, asked } = source(1)
    const [ref] = refs
    if (ref === undefined) throw new Error('There is a blob.')
    let isFailing = true
    const cache = new InputCache(async (id, request) => {
      if (!isFailing) return fetch(id, request)
      isFailing = false
      throw new Error('gone')
    })
    const all = [0, 1, 2].map(() => cache.partsOf(unitOf(ref), needing(0, 1), signal))
    const results = await Promise.allSettled(all)
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
    expect(asked).toHaveLength(1)
  })

  test('limit: bytes stay within the bound, the longest unused go first, and a unit gets all its parts anyway', async () => {
    const { refs, fetch, asked } = source(3)
    const cache = new InputCache(fetch, 4 * PART_BYTES)
    const [a, b, c] = refs.map((ref) => unitOf(ref))
    if (a === undefined || b === undefined || c === undefined) throw new Error('There are three blobs.')
    await cache.partsOf(a, needing(0, 1, 2), signal)
    expect(cache.sizeBytes).toBe(3 * PART_BYTES)
    await cache.partsOf(b, needing(0), signal)
    expect(cache.sizeBytes).toBe(4 * PART_BYTES)
    await cache.partsOf(a, needing(0), signal)
    await cache.partsOf(c, needing(0), signal)
    expect(cache.sizeBytes).toBe(4 * PART_BYTES)
    const before = asked.length
    await cache.partsOf(a, needing(0), signal)
    expect(asked).toHaveLength(before)
    await cache.partsOf(a, needing(1), signal)
    expect(asked).toHaveLength(before + 1)
    const small = new InputCache(fetch, PART_BYTES - 1)
    expect((await small.partsOf(a, needing(0, 1, 2), signal)).size).toBe(3)
    expect(small.sizeBytes).toBe(0)
    cache.clear()
    expect(cache.sizeBytes).toBe(0)
  })

  test('limit: leaf digests of 32 contents are kept', async () => {
    const { refs, fetch, asked } = source(MAX_MANIFESTS + 1)
    const cache = new InputCache(fetch, 0)
    for (const ref of refs) await cache.partsOf(unitOf(ref), needing(0), signal)
    for (const ref of [refs[1], refs[0]]) if (ref !== undefined) await cache.partsOf(unitOf(ref), needing(0), signal)
    expect(asked.slice(-2).map(({ hasManifest }) => hasManifest)).toEqual([true, false])
  })

  test('error: LayoutMismatch when a unit names another layout than the content has', async () => {
    const { refs, fetch } = source(1)
    const [ref] = refs
    if (ref === undefined) throw new Error('There is a blob.')
    const wrong: ContentRef = { id: ref.id, layout: { form: 'matrix', dtype: 'i8', rows: 3, cols: PART_BYTES } }
    const cache = new InputCache(fetch)
    await expect(cache.partsOf(unitOf(wrong), needing(0), signal)).rejects.toMatchObject({
      name: 'node.LayoutMismatch',
      kind: 'hostile',
    })
  })
})
