// The nodes and their beats.
import { Hono } from 'hono'
import { SLOTS_PER_DAY, slotOf } from '#liveness/slot.ts'
import { beatsOf } from '#coordinator/store/beats.ts'
import { listNodes } from '#coordinator/store/nodes.ts'
import { readBeatSummary } from '#coordinator/store/node-entries.ts'
import type { BeatSummary } from '#ledger/entry.ts'
import { publicKeyParam, uintText } from './body.ts'
import type { HttpParts } from './context.ts'
import { NotFoundError } from './errors.ts'

/** Nodes in one answer. */
export const MAX_LISTED_NODES = 1_000

/** `/api/v1/nodes`. */
export function nodeRoutes({ grid, nodes }: HttpParts): Hono {
  const app = new Hono()
  app.get('/', async (c) => {
    const known = await listNodes(grid.store.db, MAX_LISTED_NODES)
    return c.json({
      nodes: known.map(({ node, tier, backend, adapter, ratedMops, unitsDone, faults }) => {
        const live = nodes.get(node)
        const state = live === undefined ? 'away' : live.leases > 0 ? 'working' : live.state
        return {
          node,
          tier,
          backend,
          adapter,
          ratedMops,
          unitsDone,
          faults,
          state,
          lastBeatMs: live?.lastBeatMs ?? null,
        }
      }),
    })
  })
  app.get('/beats/:epoch', async (c) => {
    const epoch = uintText(c.req.param('epoch'), 'epoch', Number.MAX_SAFE_INTEGER)
    const kept = await readBeatSummary(grid.store.db, epoch)
    if (kept === null) throw new NotFoundError(`summary of beats of epoch ${epoch}`)
    return c.json({ epoch, summaries: JSON.parse(kept.body) as BeatSummary[] })
  })
  app.get('/:key/beats', async (c) => {
    const from = slotOf(grid.clock.nowMs()) - SLOTS_PER_DAY + 1
    const beats = await beatsOf(grid.store.db, publicKeyParam(c, 'key'), from)
    return c.json({ slots: beats.map(({ slot, state, isWitnessed }) => ({ slot, state, witnessed: isWitnessed })) })
  })
  return app
}
