// Contents that nobody has used for long are removed: uploads that were never finished, inputs and results of jobs long done.
import { MAX_DEADLINE_MS } from '#work/job.ts'
import type { Grid } from './grid.ts'
import { deleteUnusedContent, unusedContents } from './store/contents.ts'
import { listModels } from './store/models.ts'
import { runningJobs } from './store/jobs.ts'

/** Looked for this often. */
const SWEEP_MS = 3_600_000

/** No job runs for longer than this, so what its units have used since it began is never removed. */
const MIN_TTL_MS = MAX_DEADLINE_MS + SWEEP_MS

/** Removed in one go. */
const MAX_REMOVED = 1_000

/** Sweeps until the returned function is called. */
export function sweepContents(grid: Grid): () => Promise<void> {
  let cancel = () => {}
  let sweeping = Promise.resolve()
  const sweep = () => {
    sweeping = removeUnusedContents(grid).catch(grid.report)
    cancel = grid.clock.after(SWEEP_MS, sweep)
  }
  sweep()
  return async () => {
    cancel()
    await sweeping
  }
}

/** Removes contents that no running job needs, no registered model is and nobody has used within the time they are kept. */
export async function removeUnusedContents({ store, blobs, clock, config }: Grid): Promise<void> {
  const beforeMs = clock.nowMs() - Math.max(config.contentTtlMs, MIN_TTL_MS)
  const unused = await unusedContents(store.db, beforeMs, MAX_REMOVED)
  if (unused.length === 0) return
  const running = await runningJobs(store.db)
  const models = await listModels(store.db)
  const needed = new Set([
    ...running.flatMap(({ job }) => job.body.inputs.map(({ id }) => id)),
    ...models.map(({ content }) => content),
  ])
  for (const content of unused) {
    if (needed.has(content)) continue
    if (await store.transaction((tx) => deleteUnusedContent(tx, content, beforeMs))) await blobs.remove(content)
  }
}
