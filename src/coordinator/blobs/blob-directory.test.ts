// Contents in a directory: resumable, verified, the same after opening again.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CHUNK_BYTES, contentId } from '#core/content.ts'
import type { Digest } from '#core/digest.ts'
import { leafDigest } from '#core/merkle.ts'
import { seededRandom } from '#core/random.ts'
import {
  BlobDirectory,
  LeafCountError,
  MissingPartError,
  PartError,
  UnknownContentError,
  isComplete,
  missingParts,
} from './blob-directory.ts'

const random = seededRandom('blob-directory')
const parts = [random.bytes(CHUNK_BYTES), random.bytes(CHUNK_BYTES), random.bytes(7)]
const leaves = parts.map((part) => leafDigest(part))
const layout = { form: 'blob', sizeBytes: 2 * CHUNK_BYTES + 7 } as const
const part = (n: number) => parts[n] ?? new Uint8Array(0)

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'blobs-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

describe('BlobDirectory', () => {
  test('default: announce, put, read', async () => {
    const blobs = new BlobDirectory(dir)
    const content = await blobs.announce(layout, leaves)
    expect(content.id).toBe(contentId(layout, leaves))
    expect(missingParts(content)).toEqual([0, 1, 2])
    expect(await blobs.put(content.id, 2, part(2))).toBe(false)
    expect(await blobs.put(content.id, 0, part(0))).toBe(false)
    expect(await blobs.put(content.id, 1, part(1))).toBe(true)
    expect(await blobs.read(content.id, 1)).toEqual(part(1))
    expect(isComplete(await blobs.get(content.id))).toBe(true)
  })

  test('behaviour: parts survive opening again, leftovers of a killed process do not count', async () => {
    const before = new BlobDirectory(dir)
    const { id } = await before.announce(layout, leaves)
    await before.put(id, 1, part(1))
    await writeFile(join(dir, id.slice(0, 2), id, 'p0.0011223344556677'), part(0).subarray(0, 9))
    const after = new BlobDirectory(dir)
    expect(missingParts(await after.announce(layout, leaves))).toEqual([0, 2])
    expect(await after.read(id, 1)).toEqual(part(1))
    await expect(after.read(id, 0)).rejects.toThrow(MissingPartError)
  })

  test('behaviour: a part that came twice at once is kept once', async () => {
    const blobs = new BlobDirectory(dir)
    const { id } = await blobs.announce(layout, leaves)
    await Promise.all([blobs.put(id, 0, part(0)), blobs.put(id, 0, part(0)), blobs.announce(layout, leaves)])
    expect((await readdir(join(dir, id.slice(0, 2), id))).sort()).toEqual(['layout', 'leaves', 'p0'])
  })

  test('behaviour: share gives a part to another content without its bytes', async () => {
    const blobs = new BlobDirectory(dir)
    const { id } = await blobs.announce(layout, leaves)
    await blobs.put(id, 0, part(0))
    const other = await blobs.announce({ form: 'blob', sizeBytes: CHUNK_BYTES }, leaves.slice(0, 1))
    await blobs.share(other.id, 0, { id, n: 0 })
    await blobs.remove(id)
    expect(await blobs.read(other.id, 0)).toEqual(part(0))
    await expect(blobs.get(id)).rejects.toThrow(UnknownContentError)
  })

  test('behaviour: an empty blob is complete at once', async () => {
    expect(isComplete(await new BlobDirectory(dir).announce({ form: 'blob', sizeBytes: 0 }, []))).toBe(true)
  })

  test('error: LeafCount, Part, MissingPart, UnknownContent', async () => {
    const blobs = new BlobDirectory(dir)
    await expect(blobs.announce(layout, leaves.slice(1))).rejects.toThrow(LeafCountError)
    const { id } = await blobs.announce(layout, leaves)
    await expect(blobs.put(id, 0, part(1))).rejects.toThrow('does not have the digest')
    await expect(blobs.put(id, 2, part(1))).rejects.toThrow('has 65536 bytes instead of 7')
    await expect(blobs.put(id, 3, part(2))).rejects.toThrow(PartError)
    await expect(blobs.put(id, -1, part(2))).rejects.toThrow(PartError)
    await expect(blobs.read(id, 0)).rejects.toThrow(MissingPartError)
    await expect(blobs.read('00'.repeat(32) as Digest, 0)).rejects.toThrow(UnknownContentError)
  })
})
