// Contents as files: `<first two digits>/<id>/layout` and `leaves`, and beside them `p<n>` for every part that is there. A part is checked
// against its leaf before it gets its name, and names are given by rename: a killed process leaves no half part behind.
import { link, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { concat, fromHex, toHex } from '#core/bytes.ts'
import type { ByteSource } from '#core/byte-source.ts'
import {
  CHUNK_BYTES,
  type ContentLayout,
  type ContentRef,
  contentBytes,
  contentId,
  partCount,
  partSpan,
} from '#core/content.ts'
import { DIGEST_BYTES, type Digest } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import { leafDigestAsync } from '#core/merkle.ts'
import { type Random, systemRandom } from '#core/random.ts'
import { layoutSchema, parseAs } from '#core/schema.ts'

/** A content that was announced. `have` holds 1 for every part that is there. */
export type BlobContent = {
  readonly id: Digest
  readonly layout: ContentLayout
  readonly leaves: readonly Digest[]
  readonly have: Uint8Array
}

/** Leaves kept in memory over all contents: about 100 MB as text. The largest content has 2^18, typical ones a few dozen. */
export const MAX_CACHED_LEAVES = 1 << 20

/** Announced contents in a directory, with the parts that came so far. */
export class BlobDirectory {
  readonly #dir: string
  readonly #random: Random
  readonly #cache = new Map<Digest, Promise<BlobContent | null>>()
  readonly #cachedLeaves = new Map<Digest, number>() // in the order of their last use

  constructor(dir: string, random: Random = systemRandom) {
    this.#dir = dir
    this.#random = random
  }

  /** Makes a content known; the same one again changes nothing. */
  async announce(layout: ContentLayout, leaves: readonly Digest[]): Promise<BlobContent> {
    if (leaves.length !== partCount(layout)) throw new LeafCountError(leaves.length, partCount(layout))
    const id = contentId(layout, leaves)
    const known = await this.find(id)
    if (known !== null) return known
    const temporary = await this.#temporaryDir()
    await writeFile(join(temporary, 'layout'), JSON.stringify(layout))
    await writeFile(join(temporary, 'leaves'), concat(...leaves.map((leaf) => fromHex(leaf))))
    await mkdir(join(this.#dir, id.slice(0, 2)), { recursive: true })
    try {
      await rename(temporary, this.#pathOf(id))
    } catch {
      // Announced twice at the same moment: the first one stays.
      await rm(temporary, { recursive: true, force: true })
    }
    this.#cache.delete(id)
    return this.get(id)
  }

  /** The content, or null when it was never announced. */
  async find(id: Digest): Promise<BlobContent | null> {
    const loading = this.#cache.get(id) ?? this.#load(id)
    this.#cache.delete(id)
    this.#cache.set(id, loading)
    try {
      const content = await loading
      if (content === null) this.#forget(id, loading)
      else this.#evict(content)
      return content
    } catch (error) {
      this.#forget(id, loading)
      throw error
    }
  }

  /** The content. Throws {@link UnknownContentError}. */
  async get(id: Digest): Promise<BlobContent> {
    const content = await this.find(id)
    if (content === null) throw new UnknownContentError(id)
    return content
  }

  /** Keeps part `n` if its bytes fit its leaf; returns whether the content became complete by it. Throws {@link PartError}. */
  async put(id: Digest, n: number, bytes: Uint8Array): Promise<boolean> {
    const content = await this.get(id)
    assertPart(content, n)
    const { length } = partSpan(content.layout, n)
    if (bytes.length !== length) throw new PartError(id, n, `has ${bytes.length} bytes instead of ${length}`)
    if ((await leafDigestAsync(bytes)) !== content.leaves[n])
      throw new PartError(id, n, 'does not have the digest that was announced')
    if (content.have[n] === 1) return false
    const path = this.#partPath(id, n)
    const temporary = `${path}.${toHex(this.#random.bytes(8))}`
    await writeFile(temporary, bytes)
    await rename(temporary, path)
    return markPart(await this.get(id), n)
  }

  /** Gives part `n` of `id` the bytes of part `from.n` of `from.id`, whose leaf is the same, without copying them. */
  async share(id: Digest, n: number, from: { id: Digest; n: number }): Promise<void> {
    const [content, source] = [await this.get(id), await this.get(from.id)]
    assertPart(content, n)
    if (content.leaves[n] !== source.leaves[from.n]) throw new PartError(id, n, 'differs from the part it should share')
    if (content.have[n] === 1) return
    await link(this.#partPath(from.id, from.n), this.#partPath(id, n)).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    })
    markPart(await this.get(id), n)
  }

  /** Bytes of part `n`. Throws {@link UnknownContentError} or {@link MissingPartError}. */
  async read(id: Digest, n: number): Promise<Uint8Array<ArrayBuffer>> {
    const content = await this.get(id)
    assertPart(content, n)
    if (content.have[n] !== 1) throw new MissingPartError(id, n)
    return new Uint8Array(await readFile(this.#partPath(id, n)))
  }

  /** The bytes of a blob, part by part as they are read. */
  source({ id, layout }: ContentRef): ByteSource {
    const sizeBytes = contentBytes(layout)
    return {
      sizeBytes,
      read: async (offset, length) => {
        if (offset < 0 || offset + length > sizeBytes) throw new RangeError(`Bytes past ${sizeBytes} were asked for.`)
        const bytes = new Uint8Array(length)
        for (let at = 0; at < length;) {
          const part = await this.read(id, Math.floor((offset + at) / CHUNK_BYTES))
          const from = (offset + at) % CHUNK_BYTES
          const piece = part.subarray(from, from + length - at)
          bytes.set(piece, at)
          at += piece.length
        }
        return bytes
      },
    }
  }

  /** Forgets a content and its parts. */
  async remove(id: Digest): Promise<void> {
    this.#cache.delete(id)
    await rm(this.#pathOf(id), { recursive: true, force: true })
  }

  async #load(id: Digest): Promise<BlobContent | null> {
    const path = this.#pathOf(id)
    let text: string
    try {
      text = await readFile(join(path, 'layout'), 'utf8')
    } catch {
      return null
    }
    const layout = parseAs(layoutSchema, JSON.parse(text), 'layout of a stored content')
    const bytes = await readFile(join(path, 'leaves'))
    const leaves: Digest[] = []
    for (let at = 0; at < bytes.length; at += DIGEST_BYTES)
      leaves.push(toHex(bytes.subarray(at, at + DIGEST_BYTES)) as Digest)
    const have = new Uint8Array(leaves.length)
    for (const name of await readdir(path)) {
      const match = /^p([0-9]+)$/.exec(name)
      if (match?.[1] !== undefined) have[Number(match[1])] = 1
    }
    return { id, layout, leaves, have }
  }

  #forget(id: Digest, loading: Promise<BlobContent | null>): void {
    if (this.#cache.get(id) !== loading) return
    this.#cache.delete(id)
    this.#cachedLeaves.delete(id)
  }

  #evict(newest: BlobContent): void {
    this.#cachedLeaves.delete(newest.id)
    this.#cachedLeaves.set(newest.id, newest.leaves.length)
    let total = 0
    for (const count of this.#cachedLeaves.values()) total += count
    for (const [id, count] of this.#cachedLeaves) {
      if (total <= MAX_CACHED_LEAVES || id === newest.id) break
      total -= count
      this.#cache.delete(id)
      this.#cachedLeaves.delete(id)
    }
  }

  async #temporaryDir(): Promise<string> {
    const path = join(this.#dir, `new-${toHex(this.#random.bytes(8))}`)
    await mkdir(path, { recursive: true })
    return path
  }

  #pathOf(id: Digest): string {
    return join(this.#dir, id.slice(0, 2), id)
  }

  #partPath(id: Digest, n: number): string {
    return join(this.#pathOf(id), `p${n}`)
  }
}

/** Numbers of the parts that are not there. */
export function missingParts(content: BlobContent): number[] {
  const missing: number[] = []
  for (const [n, have] of content.have.entries()) if (have === 0) missing.push(n)
  return missing
}

/** Whether every part is there. */
export function isComplete(content: BlobContent): boolean {
  return !content.have.includes(0)
}

function markPart(content: BlobContent, n: number): boolean {
  if (content.have[n] === 1) return false
  content.have[n] = 1
  return isComplete(content)
}

function assertPart(content: BlobContent, n: number): void {
  if (!Number.isSafeInteger(n) || n < 0 || n >= content.leaves.length)
    throw new PartError(content.id, n, `is outside its ${content.leaves.length} parts`)
}

/** An announcement does not have one leaf for each part. */
export class LeafCountError extends AppError {
  override readonly name = 'coordinator.LeafCount'
  constructor(got: number, wanted: number) {
    super('input', `The content was announced with ${got} leaves, but its layout has ${wanted} parts.`)
  }
}

/** Nobody announced this content. */
export class UnknownContentError extends AppError {
  override readonly name = 'coordinator.UnknownContent'
  constructor(id: string) {
    super('input', `There is no content ${id}: announce it first.`)
  }
}

/** A part does not fit its content. */
export class PartError extends AppError {
  override readonly name = 'coordinator.Part'
  constructor(id: string, n: number, problem: string) {
    super('input', `Part ${n} of content ${id} ${problem}.`)
  }
}

/** A part was announced and never came. */
export class MissingPartError extends AppError {
  override readonly name = 'coordinator.MissingPart'
  constructor(id: string, n: number) {
    super('unavailable', `Part ${n} of content ${id} has not been uploaded.`)
  }
}
