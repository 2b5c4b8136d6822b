// What a step tells its kernels about its rows, in one buffer of words: four a row (token, position, where the pages of its sequence begin,
// nothing), then the pages of each sequence, then the boundaries that are hashed.
import type { ArenaCache } from './kv-arena.ts'

/** One row of a step. */
export type StepRow = {
  readonly cache: ArenaCache
  readonly token: number
  readonly position: number
  readonly isLast: boolean
}

/** The words, and where the boundaries begin. */
export type RowTable = { readonly words: Uint32Array<ArrayBuffer>; readonly boundariesAt: number }

/** The table of `rows`. */
export function rowTable(rows: readonly StepRow[], boundaries: readonly number[]): RowTable {
  const starts = new Map<ArenaCache, number>()
  let end = 4 * rows.length
  for (const { cache } of rows) {
    if (starts.has(cache)) continue
    starts.set(cache, end)
    end += cache.pages.length
  }
  const words = new Uint32Array(Math.ceil((end + boundaries.length) / 4) * 4)
  for (const [i, { token, position, cache }] of rows.entries())
    words.set([token, position, starts.get(cache) ?? 0], 4 * i)
  for (const [cache, start] of starts) words.set(cache.pages, start)
  words.set(boundaries, end)
  return { words, boundariesAt: end }
}
