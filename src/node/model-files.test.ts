// Model files that a node keeps: brought once, resumed, believed only after their digests, and dropped when room is needed.
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { concat, equals } from '#core/bytes.ts'
import { type ContentRef, contentBytes, contentId } from '#core/content.ts'
import { leafDigest } from '#core/merkle.ts'
import { seededRandom } from '#core/random.ts'
import type { Unit } from '#work/unit.ts'
import { directoryFolder } from './directory-folder.ts'
import { FileFetch } from './file-fetch.ts'
import { type FileFolder, memoryFolder } from './file-folder.ts'
import type { PartFetcher } from './inputs.ts'
import { ModelFiles } from './model-files.ts'

const PART_BYTES = 65_536
const signal = new AbortController().signal
const folders: string[] = []

afterAll(async () => {
  for (const path of folders) await rm(path, { recursive: true, force: true })
})

async function newDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'model-files-'))
  folders.push(path)
  return path
}

/** A file of two whole parts and a bit, and a coordinator that has it and may break off. */
function held(seed: string) {
  const random = seededRandom(seed)
  const parts = [PART_BYTES, PART_BYTES, 100].map((length) => random.bytes(length))
  const leaves = parts.map((part) => leafDigest(part))
  const layout = { form: 'blob', sizeBytes: 2 * PART_BYTES + 100 } as const
  const ref: ContentRef = { id: contentId(layout, leaves), layout }
  const asked: number[][] = []
  const fetch =
    (breaksAfter = 3): PartFetcher =>
    async (_, request) => {
      asked.push([...request.parts])
      await request.onManifest?.({ layout, leaves })
      for (const [i, part] of request.parts.entries()) {
        if (i >= breaksAfter) throw new Error('broken off')
        await request.onPart(part, parts[part]?.slice() ?? new Uint8Array(0))
      }
      return { layout, leaves }
    }
  const unit: Unit = { kind: 'test', version: 1, inputs: [ref], params: {} }
  return { ref, leaves, bytes: concat(...parts), asked, fetch, unit }
}

const readingFirst = { files: () => [0] }
const bytesOf = (files: ModelFiles, ref: ContentRef) => files.source(ref).read(0, contentBytes(ref.layout))

describe.each([
  ['a directory', async () => directoryFolder(await newDirectory())],
  ['memory', async () => memoryFolder()],
])('in %s', (_, newFolder: () => Promise<FileFolder>) => {
  test('default: a file is brought once, for units side by side and one after the other', async () => {
    const { ref, bytes, asked, fetch, unit } = held('once')
    const files = new ModelFiles(await newFolder())
    const fetching = new FileFetch(fetch(), files)
    await Promise.all([1, 2, 3].map(() => fetching.bring(unit, readingFirst, signal)))
    await fetching.bring(unit, readingFirst, signal)
    expect(asked).toEqual([[0, 1, 2]])
    expect(equals(await bytesOf(files, ref), bytes)).toBe(true)
    expect(await files.source(ref).read(PART_BYTES - 3, 7)).toEqual(bytes.slice(PART_BYTES - 3, PART_BYTES + 4))
    await expect(files.source(ref).read(bytes.length, 1)).rejects.toThrow(RangeError)
  })

  test('behaviour: the next run finds what was brought, and goes on where it broke off', async () => {
    const folder = await newFolder()
    const { ref, bytes, asked, fetch, unit } = held('resume')
    const broken = new ModelFiles(folder)
    await expect(new FileFetch(fetch(2), broken).bring(unit, readingFirst, signal)).rejects.toThrow('broken off')
    await expect(bytesOf(broken, ref)).rejects.toMatchObject({ name: 'node.MissingFile', kind: 'unavailable' })
    await new FileFetch(fetch(), broken).bring(unit, readingFirst, signal)
    const later = new ModelFiles(folder)
    await new FileFetch(fetch(), later).bring(unit, readingFirst, signal)
    expect(asked).toEqual([[0, 1, 2], [2]])
    expect(equals(await bytesOf(later, ref), bytes)).toBe(true)
  })

  test('behaviour: what was changed meanwhile is brought again, leaves too', async () => {
    const folder = await newFolder()
    const { ref, bytes, asked, fetch, unit } = held('changed')
    await new FileFetch(fetch(), new ModelFiles(folder)).bring(unit, readingFirst, signal)
    const change = async (offset: number) => {
      const writer = await folder.openWriter(ref.id)
      await writer.write(offset, Uint8Array.of(1, 2, 3))
      await writer.close()
    }
    await change(3 * 32 + PART_BYTES + 5)
    const files = new ModelFiles(folder)
    await new FileFetch(fetch(), files).bring(unit, readingFirst, signal)
    expect(equals(await bytesOf(files, ref), bytes)).toBe(true)
    await change(2)
    await new FileFetch(fetch(), new ModelFiles(folder)).bring(unit, readingFirst, signal)
    expect(asked).toEqual([[0, 1, 2], [1], [0, 1, 2]])
  })

  test('behaviour: what a person deleted meanwhile is brought again by the same node', async () => {
    const folder = await newFolder()
    const { ref, bytes, asked, fetch, unit } = held('deleted')
    const files = new ModelFiles(folder)
    const fetching = new FileFetch(fetch(), files)
    await fetching.bring(unit, readingFirst, signal)
    await folder.remove(ref.id)
    await fetching.bring(unit, readingFirst, signal)
    expect(asked).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ])
    expect(equals(await bytesOf(files, ref), bytes)).toBe(true)
  })

  test('error: leaves that are not those of the id', async () => {
    const { ref, leaves } = held('leaves')
    const files = new ModelFiles(await newFolder())
    await files.missingParts(ref)
    const wrong = leaves.toReversed()
    await expect(files.beginFile(ref, wrong)).rejects.toMatchObject({ name: 'node.FileMismatch', kind: 'hostile' })
    await files.closeFile(ref.id)
    expect(await files.missingParts(ref)).toEqual([0, 1, 2])
    await files.closeFile(ref.id)
  })
})

test('behaviour: an abort ends the bringing, and the next unit brings it', async () => {
  const { asked, fetch, unit } = held('abort')
  const fetching = new FileFetch(fetch(), new ModelFiles(memoryFolder()))
  await expect(fetching.bring(unit, readingFirst, AbortSignal.abort(new Error('paused')))).rejects.toThrow('paused')
  await fetching.bring(unit, readingFirst, signal)
  expect(asked).toEqual([[0, 1, 2]])
})

test('limit: what was longest unused makes room; a file larger than the room is refused', async () => {
  const one = 3 * 32 + 2 * PART_BYTES + 100
  const folder = memoryFolder(2 * one)
  const files = new ModelFiles(folder)
  const [a, b, c] = ['a', 'b', 'c'].map((seed) => held(seed))
  if (a === undefined || b === undefined || c === undefined) throw new Error('three files')
  for (const { fetch, unit } of [a, b, c]) await new FileFetch(fetch(), files).bring(unit, readingFirst, signal)
  expect((await folder.list()).map(({ name }) => name)).toEqual([b.ref.id, c.ref.id])
  await expect(bytesOf(files, a.ref)).rejects.toThrow('not here')
  const small = new ModelFiles(memoryFolder(one - 1))
  await expect(small.missingParts(a.ref)).rejects.toMatchObject({ name: 'node.NoRoom', kind: 'capacity' })
})

test('behaviour: a file that another node removed is brought again', async () => {
  const path = await newDirectory()
  const { ref, bytes, fetch, unit } = held('shared')
  const files = new ModelFiles(directoryFolder(path))
  await new FileFetch(fetch(), files).bring(unit, readingFirst, signal)
  await directoryFolder(path).remove(ref.id)
  await expect(bytesOf(files, ref)).rejects.toMatchObject({ kind: 'unavailable' })
  await new FileFetch(fetch(), files).bring(unit, readingFirst, signal)
  expect(equals(await bytesOf(files, ref), bytes)).toBe(true)
  // A file cut short behind a reader's back is an error, not a short read.
  const file = await open(join(path, ref.id), 'r+')
  await file.truncate(200)
  await file.close()
  await expect(bytesOf(files, ref)).rejects.toThrow(RangeError)
})
