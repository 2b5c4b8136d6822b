// Fetches a content from the coordinator and believes none of it: the digests must make the id, and each part its digest.
import * as v from 'valibot'
import type { ByteSource } from '#core/byte-source.ts'
import {
  CHUNK_BYTES,
  type ContentRef,
  MAX_CONTENT_BYTES,
  TILE,
  contentBytes,
  contentId,
  partCount,
  partSpan,
} from '#core/content.ts'
import type { Digest } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import { leafDigest } from '#core/merkle.ts'
import { digestSchema } from '#core/schema.ts'
import type { Http } from './http.ts'
import { inParallel } from './parallel.ts'
import type { ContentSink } from './parts.ts'

/** Parts under way at once. */
const RECEIVERS = 4

const contentSchema = v.object({
  leaves: v.pipe(v.array(digestSchema), v.maxLength(MAX_CONTENT_BYTES / (TILE * TILE) + 1)),
})

/** Options of one download. */
export type DownloadOptions = {
  readonly signal?: AbortSignal | undefined
  readonly onPart?: ((done: number, total: number) => void) | undefined
  /** The leaf digests, where they are known already. */
  readonly leaves?: readonly Digest[] | undefined
}

/** Fetches `ref` part by part into `sink`. Throws {@link ContentMismatchError} on anything that does not fit its id. */
export async function download(
  http: Http,
  ref: ContentRef,
  sink: ContentSink,
  options: DownloadOptions = {},
): Promise<void> {
  const leaves = options.leaves ?? (await leavesOf(http, ref, options.signal))
  if (leaves.length !== partCount(ref.layout) || contentId(ref.layout, leaves) !== ref.id)
    throw new ContentMismatchError(ref.id, 'the digests of its parts do not make its id')
  let done = 0
  await inParallel(leaves.entries(), RECEIVERS, options.signal, async ([part, leaf], signal) => {
    await sink.writePart(part, await fetchPart(http, ref, part, leaf, signal))
    options.onPart?.(++done, leaves.length)
  })
}

/** A blob of the coordinator's as a source: its parts are fetched as they are read, each once, and checked. */
export async function remoteSource(http: Http, ref: ContentRef, signal?: AbortSignal): Promise<ByteSource> {
  const leaves = await leavesOf(http, ref, signal)
  if (leaves.length !== partCount(ref.layout) || contentId(ref.layout, leaves) !== ref.id)
    throw new ContentMismatchError(ref.id, 'the digests of its parts do not make its id')
  const parts = new Map<number, Promise<Uint8Array<ArrayBuffer>>>()
  const partOf = (index: number): Promise<Uint8Array<ArrayBuffer>> => {
    const leaf = leaves[index]
    if (leaf === undefined) throw new RangeError(`Content ${ref.id} has ${leaves.length} parts.`)
    const part = parts.get(index) ?? fetchPart(http, ref, index, leaf, signal)
    parts.set(index, part)
    return part
  }
  return {
    sizeBytes: contentBytes(ref.layout),
    async read(offset, length) {
      const bytes = new Uint8Array(length)
      for (let at = 0; at < length;) {
        const part = await partOf(Math.floor((offset + at) / CHUNK_BYTES))
        const from = (offset + at) % CHUNK_BYTES
        const piece = part.subarray(from, from + length - at)
        bytes.set(piece, at)
        at += piece.length
      }
      return bytes
    },
  }
}

/** One part, checked against its `leaf`. */
export async function fetchPart(
  http: Http,
  ref: ContentRef,
  part: number,
  leaf: Digest,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const { length } = partSpan(ref.layout, part)
  const bytes = await http.bytes(`/api/v1/contents/${ref.id}/parts/${part}`, length, { signal })
  if (leafDigest(bytes) !== leaf) throw new ContentMismatchError(ref.id, `part ${part} does not have its digest`)
  return bytes
}

/** The leaf digests of a content, as the coordinator has them; the caller checks that they make its id. */
export async function leavesOf(http: Http, ref: ContentRef, signal?: AbortSignal): Promise<readonly Digest[]> {
  const { leaves } = await http.json(`/api/v1/contents/${ref.id}`, contentSchema, { signal })
  return leaves
}

/** Bytes from the coordinator are not those of the content that was asked for. */
export class ContentMismatchError extends AppError {
  override readonly name = 'sdk.ContentMismatch'
  constructor(id: Digest, problem: string) {
    super('hostile', `The coordinator handed out something else than content ${id}: ${problem}.`)
  }
}
