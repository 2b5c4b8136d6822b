// The model files that a node keeps, so that a model is fetched once for all units and all runs: the leaves of its parts, then its bytes.
// What lies there is believed as little as what comes: when a file is opened every part is held against its leaf.
import type { ByteSource } from '#core/byte-source.ts'
import { concat, fromHex, toHex } from '#core/bytes.ts'
import { type ContentRef, contentBytes, contentId, partCount, partSpan } from '#core/content.ts'
import { DIGEST_BYTES, type Digest } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import { leafDigestAsync } from '#core/merkle.ts'
import type { FileFolder, FolderFile } from './file-folder.ts'

/** Where files are brought to, part by part. */
export interface FileKeeper {
  /** Opens a file to be brought and tells the parts that are not here; nothing needs to be brought, nor closed, when there are none. */
  missingParts(file: ContentRef): Promise<readonly number[]>
  /** Tells the leaves of a file before its parts come. */
  beginFile(file: ContentRef, leaves: readonly Digest[]): Promise<void>
  /** Keeps a part that was held against its leaf. */
  keepPart(id: Digest, index: number, bytes: Uint8Array<ArrayBuffer>): Promise<void>
  /** Ends the bringing of a file, whole or not: what came stays. */
  closeFile(id: Digest): Promise<void>
}

type Coming = {
  readonly file: ContentRef
  readonly writer: FolderFile
  readonly missing: Set<number>
  hasLeaves: boolean
}

/** Files that are here and whole, and those that are being brought. */
export class ModelFiles implements FileKeeper {
  readonly #folder: FileFolder
  readonly #whole = new Set<Digest>()
  readonly #coming = new Map<Digest, Coming>()

  constructor(folder: FileFolder) {
    this.#folder = folder
  }

  async missingParts(file: ContentRef): Promise<readonly number[]> {
    if (this.#whole.has(file.id) && (await this.#isThere(file.id))) return []
    this.#whole.delete(file.id)
    await this.closeFile(file.id)
    await this.#makeRoom(file)
    const writer = await this.#folder.openWriter(file.id)
    try {
      const leaves = await keptLeaves(writer, file)
      const missing = await missingOf(writer, file, leaves)
      this.#coming.set(file.id, { file, writer, missing: new Set(missing), hasLeaves: leaves !== null })
      if (missing.length > 0) return missing
      // Written again so that it counts as used now.
      if (leaves !== null) await writer.write(0, leafBytes(leaves))
    } catch (error) {
      await writer.close()
      throw error
    }
    await this.closeFile(file.id)
    return []
  }

  async beginFile(file: ContentRef, leaves: readonly Digest[]): Promise<void> {
    const coming = this.#comingOf(file.id)
    if (coming.hasLeaves) return
    if (contentId(file.layout, leaves) !== file.id) throw new FileMismatchError(file.id)
    await coming.writer.write(0, leafBytes(leaves))
    coming.hasLeaves = true
  }

  async keepPart(id: Digest, index: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const { file, missing, writer } = this.#comingOf(id)
    await writer.write(dataStart(file) + partSpan(file.layout, index).offset, bytes)
    missing.delete(index)
  }

  async closeFile(id: Digest): Promise<void> {
    const coming = this.#coming.get(id)
    if (coming === undefined) return
    this.#coming.delete(id)
    await coming.writer.close()
    if (coming.missing.size === 0) this.#whole.add(id)
  }

  /** Keeps a person from deleting the file until the returned function is called: a unit computes with it. */
  hold(id: Digest): Promise<() => void> {
    return this.#folder.hold(id)
  }

  /** A whole file. Reads throw {@link MissingFileError} when it is not here. */
  source(file: ContentRef): ByteSource {
    const sizeBytes = contentBytes(file.layout)
    return {
      sizeBytes,
      read: async (offset, length) => {
        if (!this.#whole.has(file.id)) throw new MissingFileError(file.id)
        if (offset < 0 || offset + length > sizeBytes) throw new RangeError(`Bytes past ${sizeBytes} were asked for.`)
        const reader = await this.#folder.openReader(file.id).catch((error: unknown) => {
          this.#whole.delete(file.id) // another node made room with it: the next unit brings it again
          throw error
        })
        try {
          return await reader.read(dataStart(file) + offset, length)
        } finally {
          await reader.close()
        }
      },
    }
  }

  /** A person may have deleted it. */
  async #isThere(id: Digest): Promise<boolean> {
    const reader = await this.#folder.openReader(id).catch(() => null)
    await reader?.close()
    return reader !== null
  }

  /** Removes the files that were longest unused until `file` fits. */
  async #makeRoom(file: ContentRef): Promise<void> {
    const { maxBytes } = this.#folder
    const wanted = dataStart(file) + contentBytes(file.layout)
    if (wanted > maxBytes) throw new NoRoomError(contentBytes(file.layout), maxBytes)
    const others = (await this.#folder.list()).filter(({ name }) => name !== file.id)
    let total = others.reduce((sum, { sizeBytes }) => sum + sizeBytes, wanted)
    for (const { name, sizeBytes } of others.toSorted((a, b) => a.writtenMs - b.writtenMs)) {
      if (total <= maxBytes) return
      if (this.#coming.has(name as Digest)) continue
      this.#whole.delete(name as Digest)
      await this.#folder.remove(name)
      total -= sizeBytes
    }
  }

  #comingOf(id: Digest): Coming {
    const coming = this.#coming.get(id)
    if (coming === undefined) throw new MissingFileError(id)
    return coming
  }
}

function dataStart({ layout }: ContentRef): number {
  return partCount(layout) * DIGEST_BYTES
}

function leafBytes(leaves: readonly Digest[]): Uint8Array<ArrayBuffer> {
  return concat(...leaves.map((leaf) => fromHex(leaf, DIGEST_BYTES)))
}

/** The leaves in front of a kept file, or null when they are not those of its id. */
async function keptLeaves(kept: FolderFile, file: ContentRef): Promise<readonly Digest[] | null> {
  const length = dataStart(file)
  if ((await kept.sizeBytes()) < length) return null
  const bytes = await kept.read(0, length).catch(() => null)
  if (bytes === null) return null
  const leaves = Array.from(
    { length: length / DIGEST_BYTES },
    (_, i) => toHex(bytes.subarray(i * DIGEST_BYTES, (i + 1) * DIGEST_BYTES)) as Digest,
  )
  return contentId(file.layout, leaves) === file.id ? leaves : null
}

async function missingOf(kept: FolderFile, file: ContentRef, leaves: readonly Digest[] | null): Promise<number[]> {
  const parts = Array.from({ length: partCount(file.layout) }, (_, part) => part)
  if (leaves === null) return parts
  const sizeBytes = await kept.sizeBytes()
  const missing: number[] = []
  for (const part of parts) {
    const { offset, length } = partSpan(file.layout, part)
    const at = dataStart(file) + offset
    const bytes = at + length <= sizeBytes ? await kept.read(at, length).catch(() => null) : null
    if (bytes === null || (await leafDigestAsync(bytes)) !== leaves[part]) missing.push(part)
  }
  return missing
}

/** A model's file is not here, or not whole. */
export class MissingFileError extends AppError {
  override readonly name = 'node.MissingFile'
  constructor(id: Digest) {
    super('unavailable', `The file of model ${id} is not here.`)
  }
}

/** The leaves of a file are not those that its id names. */
export class FileMismatchError extends AppError {
  override readonly name = 'node.FileMismatch'
  constructor(id: Digest) {
    super('hostile', `The leaves of file ${id} are not those that its id names.`)
  }
}

/** A model's file is larger than what may be kept here. */
export class NoRoomError extends AppError {
  override readonly name = 'node.NoRoom'
  constructor(sizeBytes: number, maxBytes: number) {
    super('capacity', `The model has ${sizeBytes} bytes, and this node keeps ${maxBytes} at most.`)
  }
}
