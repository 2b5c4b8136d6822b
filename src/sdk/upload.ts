// Brings a content to the coordinator: announces its layout and digests, then sends the parts that it lacks. What was sent before an
// interruption is not sent again. One part at a time is in memory per sender.
import * as v from 'valibot'
import { MAX_CONTENT_BYTES, TILE, partCount } from '#core/content.ts'
import { digestSchema, uintSchema } from '#core/schema.ts'
import { AnswerError, type Http } from './http.ts'
import { inParallel } from './parallel.ts'
import type { Addressed, ContentSource } from './parts.ts'

/** Parts under way at once: hides a round trip without holding much. */
const SENDERS = 4

/** No content has more parts: tiles of one byte an element. */
const MAX_PARTS = MAX_CONTENT_BYTES / (TILE * TILE) + 1

const announcedSchema = v.object({ id: digestSchema, missing: v.pipe(v.array(uintSchema()), v.maxLength(MAX_PARTS)) })

/** Options of one upload. */
export type UploadOptions = {
  readonly signal?: AbortSignal | undefined
  /** Hears how many of the content's parts the coordinator has. */
  readonly onPart?: ((done: number, total: number) => void) | undefined
}

/** Uploads `source`, whose digests are `addressed`. */
export async function upload(
  http: Http,
  source: ContentSource,
  addressed: Addressed,
  options: UploadOptions = {},
): Promise<void> {
  const { ref, leaves } = addressed
  const path = '/api/v1/contents'
  const body = { layout: ref.layout, leaves }
  const { id, missing } = await http.json(path, announcedSchema, { method: 'POST', body, signal: options.signal })
  if (id !== ref.id) throw new AnswerError(path, `names ${id}, not ${ref.id}`)
  const total = partCount(ref.layout)
  if (missing.some((part) => part >= total)) throw new AnswerError(path, `asks for a part past the ${total} there are`)
  let done = total - missing.length
  options.onPart?.(done, total)
  await inParallel(missing, SENDERS, options.signal, async (part, signal) => {
    const bytes = await source.readPart(part)
    await http.bytes(`${path}/${id}/parts/${part}`, 1024, { method: 'PUT', body: bytes, signal })
    options.onPart?.(++done, total)
  })
}
