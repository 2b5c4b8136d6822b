// The transparency log for auditors: checkpoint, tiles, entries, proofs. And the evidence that it names.
import { Hono } from 'hono'
import * as v from 'valibot'
import { decodeCbor } from '#core/cbor.ts'
import { DIGEST_BYTES } from '#core/digest.ts'
import { leafDigest } from '#core/merkle.ts'
import { TILE_WIDTH, type TileName, encodeBundle, parseTilePath, tileWidth } from '#ledger/tiles.ts'
import { readCertificate, readFault } from '#coordinator/store/certificates.ts'
import { readDispute } from '#coordinator/store/disputes.ts'
import { logTiles, readLogEntries } from '#coordinator/store/log.ts'
import type { Db } from '#coordinator/store/schema.ts'
import { cosignedNote, takeCosignature } from '#coordinator/log/cosignatures.ts'
import { MAX_COSIGNATURE_LINE } from '#ledger/cosignature.ts'
import { textSchema, uintSchema } from '#core/schema.ts'
import { digestParam, readJson, uintText } from './body.ts'
import type { HttpParts } from './context.ts'
import { NotFoundError } from './errors.ts'

/** Entries in one answer. */
export const MAX_LOG_ENTRIES = 1_000

/** A size and a line. */
const MAX_COSIGNATURE_BODY = 1_024

const cosignatureSchema = v.strictObject({ size: uintSchema(), line: textSchema(MAX_COSIGNATURE_LINE) })

/** A tile never changes. */
const TILE_HEADERS = {
  'content-type': 'application/octet-stream',
  'cache-control': 'public, max-age=31536000, immutable',
}

/** `/api/v1/log`. */
export function logRoutes({ grid, nodes }: HttpParts): Hono {
  const app = new Hono()
  const { log, store } = grid
  const size = (text: string | undefined, name: string) =>
    uintText(text, name, Number.MAX_SAFE_INTEGER, log.checkpoint.size)
  app.get('/checkpoint', async (c) => {
    const note = await cosignedNote(grid)
    return c.body(note, 200, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-cache' })
  })
  app.post('/cosignatures', async (c) => {
    const { size: signed, line } = await readJson(c, cosignatureSchema, 'cosignature', MAX_COSIGNATURE_BODY)
    return c.json(await takeCosignature({ grid, nodes }, signed, line))
  })
  app.get('/:tile{tile/.+}', async (c) => {
    const path = c.req.param('tile')
    const name = parseTilePath(path)
    // What is not in the tree yet may come: only what is there is kept for ever.
    if (name === undefined || name.width > tileWidth(name, log.checkpoint.size))
      throw new NotFoundError(`tile ${path.slice(0, 100)}`)
    return c.body(await readTile(store.db, name), 200, TILE_HEADERS)
  })
  app.get('/entries', async (c) => {
    const from = uintText(c.req.query('from'), 'from', Number.MAX_SAFE_INTEGER, 0)
    const limit = uintText(c.req.query('limit'), 'limit', MAX_LOG_ENTRIES, MAX_LOG_ENTRIES)
    const rows = await readLogEntries(store.db, from, limit)
    return c.json({
      entries: rows.map(({ index, entry }) => ({ index, entry: decodeCbor(entry), leaf: leafDigest(entry) })),
    })
  })
  app.get('/proof/:index', async (c) => {
    const index = uintText(c.req.param('index'), 'index', Number.MAX_SAFE_INTEGER)
    const treeSize = size(c.req.query('size'), 'size')
    return c.json({ index, size: treeSize, path: await log.inclusion(index, treeSize) })
  })
  app.get('/consistency', async (c) => {
    const from = uintText(c.req.query('from'), 'from', Number.MAX_SAFE_INTEGER)
    return c.json({ path: await log.consistency(from, size(c.req.query('to'), 'to')) })
  })
  return app
}

async function readTile(db: Db, { level, index, width }: TileName): Promise<Uint8Array<ArrayBuffer>> {
  if (level === 'entries') {
    const rows = await readLogEntries(db, index * TILE_WIDTH, width)
    return encodeBundle(rows.map(({ entry }) => entry))
  }
  const [hashes] = await logTiles(db).readTiles([{ level, index }])
  return new Uint8Array((hashes ?? new Uint8Array()).subarray(0, width * DIGEST_BYTES))
}

/** `/api/v1/certificates`, `/api/v1/faults` and `/api/v1/disputes`: texts as they were signed or proven. */
export function evidenceRoutes({ grid }: HttpParts): Hono {
  const app = new Hono()
  const headers = { 'content-type': 'application/json; charset=utf-8' }
  app.get('/certificates/:id', async (c) => {
    const id = digestParam(c, 'id')
    const text = await readCertificate(grid.store.db, id)
    if (text === null) throw new NotFoundError(`certificate ${id}`)
    return c.body(text, 200, headers)
  })
  app.get('/disputes/:id', async (c) => {
    const id = digestParam(c, 'id')
    const text = await readDispute(grid.store.db, id)
    if (text === null) throw new NotFoundError(`dispute ${id}`)
    return c.body(text, 200, headers)
  })
  app.get('/faults/:id', async (c) => {
    const id = digestParam(c, 'id')
    const text = await readFault(grid.store.db, id)
    if (text === null) throw new NotFoundError(`fault proof ${id}`)
    return c.body(text, 200, headers)
  })
  return app
}
