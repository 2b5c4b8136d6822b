// A content as a file whose bytes are checked as they are read: its leaves against its id at once, each part against its leaf.
import type { ByteSource } from '#core/byte-source.ts'
import { CHUNK_BYTES, type ContentRef, contentBytes, contentId, partCount } from '#core/content.ts'
import type { Digest } from '#core/digest.ts'
import { leafDigestAsync } from '#core/merkle.ts'
import { CheckFailedError } from './verdict.ts'

/** Where contents come from: a coordinator, files, a cache. Nothing it returns is believed. */
export interface PartSource {
  /** Leaf digests of the content's parts, in order. */
  leaves(content: ContentRef): Promise<readonly Digest[]>
  part(content: ContentRef, index: number): Promise<Uint8Array<ArrayBuffer>>
}

/** The leaves of `content`. Throws {@link CheckFailedError} when they are not those that its id names. */
export async function namedLeaves(content: ContentRef, source: PartSource): Promise<readonly Digest[]> {
  const leaves = await source.leaves(content)
  if (leaves.length !== partCount(content.layout) || contentId(content.layout, leaves) !== content.id)
    throw new CheckFailedError('input', `The leaves of input ${content.id} are not those that its id names.`)
  return leaves
}

/** Part `index` of `content`. Throws {@link CheckFailedError} when it does not have its leaf. */
export async function namedPart(
  content: ContentRef,
  index: number,
  leaves: readonly Digest[],
  source: PartSource,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await source.part(content, index)
  if ((await leafDigestAsync(bytes)) !== leaves[index])
    throw new CheckFailedError('input', `Part ${index} of input ${content.id} is not the one that its id names.`)
  return bytes
}

/** `content`, a blob, as a file. Reads throw {@link CheckFailedError} on bytes that are not its own. */
export function contentFile(content: ContentRef, leaves: readonly Digest[], source: PartSource): ByteSource {
  const sizeBytes = contentBytes(content.layout)
  return {
    sizeBytes,
    async read(offset, length) {
      if (offset < 0 || offset + length > sizeBytes) throw new RangeError(`Bytes past ${sizeBytes} were asked for.`)
      const bytes = new Uint8Array(length)
      for (let at = 0; at < length;) {
        const from = (offset + at) % CHUNK_BYTES
        const part = await namedPart(content, Math.floor((offset + at) / CHUNK_BYTES), leaves, source)
        const piece = part.subarray(from, from + length - at)
        bytes.set(piece, at)
        at += piece.length
      }
      return bytes
    },
  }
}
