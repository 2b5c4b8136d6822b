// Contents: announced with their leaves, then uploaded part by part, resumable, each part verified as it arrives.
import { Hono } from 'hono'
import * as v from 'valibot'
import { CHUNK_BYTES, TILE, contentBytes } from '#core/content.ts'
import { AppError } from '#core/errors.ts'
import { digestSchema, layoutSchema } from '#core/schema.ts'
import { isComplete, missingParts } from '#coordinator/blobs/blob-directory.ts'
import type { Grid } from '#coordinator/grid.ts'
import { completeContent, insertContent, totalContentBytes } from '#coordinator/store/contents.ts'
import { digestParam, readBytes, readJson, uintText } from './body.ts'
import type { HttpParts } from './context.ts'

/** The largest part: a whole tile of four-byte elements. */
export const MAX_PART_BYTES = Math.max(CHUNK_BYTES, 4 * TILE * TILE)

/** Parts of the largest content. */
export const MAX_LEAVES = 1 << 18

/** An announcement of {@link MAX_LEAVES} leaves of 64 digits with quotes and comma, and its layout. */
export const MAX_ANNOUNCEMENT_BYTES = MAX_LEAVES * 67 + 4096

const announcementSchema = v.strictObject({
  layout: layoutSchema,
  leaves: v.pipe(v.array(digestSchema), v.maxLength(MAX_LEAVES)),
})

/** What a content counts at least: its files take room however small it is. */
const MIN_CHARGED_BYTES = 64 * 1024

/** `/api/v1/contents`. */
export function contentRoutes({ grid }: HttpParts): Hono {
  const app = new Hono()
  const { blobs, store, clock } = grid
  app.post('/', async (c) => {
    const { layout, leaves } = await readJson(c, announcementSchema, 'announcement', MAX_ANNOUNCEMENT_BYTES)
    const charged = Math.max(MIN_CHARGED_BYTES, contentBytes(layout))
    await assertRoom(grid, charged)
    const content = await blobs.announce(layout, leaves)
    await insertContent(store.db, content.id, charged, clock.nowMs())
    if (isComplete(content)) await completeContent(store.db, content.id, clock.nowMs())
    return c.json({ id: content.id, missing: missingParts(content) })
  })
  app.put('/:id/parts/:n', async (c) => {
    const [id, n] = [digestParam(c, 'id'), uintText(c.req.param('n'), 'n', MAX_LEAVES)]
    const isLast = await blobs.put(id, n, await readBytes(c, MAX_PART_BYTES))
    if (isLast) await completeContent(store.db, id, clock.nowMs())
    return c.body(null, 204)
  })
  app.get('/:id', async (c) => {
    const content = await blobs.get(digestParam(c, 'id'))
    return c.json({ id: content.id, layout: content.layout, leaves: content.leaves, missing: missingParts(content) })
  })
  app.get('/:id/parts/:n', async (c) => {
    const bytes = await blobs.read(digestParam(c, 'id'), uintText(c.req.param('n'), 'n', MAX_LEAVES))
    return c.body(bytes, 200, {
      'content-type': 'application/octet-stream',
      'cache-control': 'public, max-age=31536000, immutable',
    })
  })
  return app
}

async function assertRoom({ store, config }: Grid, sizeBytes: number): Promise<void> {
  const used = await totalContentBytes(store.db)
  if (used + sizeBytes > config.maxContentBytes) throw new StorageFullError(sizeBytes, config.maxContentBytes - used)
}

/** The coordinator keeps no more contents. */
export class StorageFullError extends AppError {
  override readonly name = 'coordinator.StorageFull'
  constructor(sizeBytes: number, freeBytes: number) {
    super('capacity', `The content has ${sizeBytes} bytes and ${Math.max(0, freeBytes)} are free here.`)
  }
}
