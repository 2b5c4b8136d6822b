// Fetches a content from the coordinator and believes none of it: the digests must make the id, and each part its digest.
import * as v from 'valibot'
import { type ContentRef, MAX_CONTENT_BYTES, TILE, contentId, partCount, partSpan } from '#core/content.ts'
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
