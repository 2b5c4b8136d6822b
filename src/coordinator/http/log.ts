// The transparency log for auditors: entries, checkpoint, proofs. And the evidence that it names.
import { Hono } from 'hono'
import { decodeCbor } from '#core/cbor.ts'
import { readCertificate, readFault } from '#coordinator/store/certificates.ts'
import { readDispute } from '#coordinator/store/disputes.ts'
import { readLogEntries } from '#coordinator/store/log.ts'
import { digestParam, uintText } from './body.ts'
import type { HttpParts } from './context.ts'
import { NotFoundError } from './errors.ts'

/** Entries in one answer. */
export const MAX_LOG_ENTRIES = 1_000

/** `/api/v1/log`. */
export function logRoutes({ grid }: HttpParts): Hono {
  const app = new Hono()
  const { log, store } = grid
  const size = (text: string | undefined, name: string) =>
    uintText(text, name, Number.MAX_SAFE_INTEGER, log.checkpoint.size)
  app.get('/checkpoint', async (c) => c.json(await log.signed()))
  app.get('/entries', async (c) => {
    const from = uintText(c.req.query('from'), 'from', Number.MAX_SAFE_INTEGER, 0)
    const limit = uintText(c.req.query('limit'), 'limit', MAX_LOG_ENTRIES, MAX_LOG_ENTRIES)
    const rows = await readLogEntries(store.db, from, limit)
    return c.json({ entries: rows.map(({ index, entry, leaf }) => ({ index, entry: decodeCbor(entry), leaf })) })
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
