// What draws are checked with: rosters by root, for ever the same, and the secrets of epochs that are over.
import { Hono } from 'hono'
import { beaconOf } from '#coordinator/draw/beacon.ts'
import { readRoster } from '#coordinator/store/draws.ts'
import { digestParam, uintText } from './body.ts'
import type { HttpParts } from './context.ts'
import { NotFoundError } from './errors.ts'

/** `/api/v1/rosters` and `/api/v1/beacons`. */
export function drawRoutes({ grid }: HttpParts): Hono {
  const app = new Hono()
  app.get('/rosters/:root', async (c) => {
    const root = digestParam(c, 'root')
    const roster = await readRoster(grid.store.db, root)
    if (roster === null) throw new NotFoundError(`roster ${root}`)
    c.header('cache-control', 'public, max-age=31536000, immutable')
    return c.json(roster)
  })
  app.get('/beacons/:epoch', async (c) => {
    const epoch = uintText(c.req.param('epoch'), 'epoch', Number.MAX_SAFE_INTEGER)
    const beacon = await beaconOf(grid, epoch)
    if (beacon === null) throw new NotFoundError(`secret of draw epoch ${epoch}: it is revealed when the epoch is over`)
    return c.json(beacon)
  })
  return app
}
