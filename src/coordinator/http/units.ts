// Units by their id: what is known about how a result came about, for whoever has the id (docs/verification.md, "Who sees what").
import { Hono } from 'hono'
import { readUnitEvidence } from '#coordinator/store/unit-evidence.ts'
import { digestParam } from './body.ts'
import type { HttpParts } from './context.ts'
import { NotFoundError } from './errors.ts'

/** `/api/v1/units`. */
export function unitRoutes({ grid }: HttpParts): Hono {
  return new Hono().get('/:id', async (c) => {
    const id = digestParam(c, 'id')
    const evidence = await readUnitEvidence(grid.store.db, id)
    if (evidence === null) throw new NotFoundError(`unit ${id}`)
    return c.json({ unit: id, ...evidence })
  })
}
