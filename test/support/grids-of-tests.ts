// Grids that end with the test that opened them: by then their books must fit their log, and nothing may have been reported.
import { afterEach, expect } from 'vitest'
import { LiveGrid } from './live-grid.ts'

const GRACE_MS = 60_000

/** What opens such grids; called once, where hooks may be registered. Hooks registered after it run before the grids are closed. */
export function gridsOfTests(): (...options: Parameters<typeof LiveGrid.open>) => Promise<LiveGrid> {
  const grids: LiveGrid[] = []
  afterEach(async () => {
    for (const grid of grids.splice(0)) {
      expect(await grid.close()).toEqual([])
      expect(grid.bugs).toEqual([])
    }
  }, GRACE_MS)
  return async (...options) => {
    const grid = await LiveGrid.open(...options)
    grids.push(grid)
    return grid
  }
}
