// Dispatching attention: whole heads, or for few rows of long sequences in splits, so that enough workgroups run at a time.
import type { Scale } from '#tensor/exact/scale.ts'
import type { ModelShape } from '#tensor/exact/weights.ts'
import { wordsOf } from './device-weights.ts'
import { SPLIT_KEYS } from './kernels/attention.ts'
import { PAGE_POSITIONS } from './kv-arena.ts'
import type { Encoding } from './linear-layer.ts'
import { peaksAt } from './scratch.ts'

/** Most rows of a step whose attention may go in splits: more fill a GPU as they are. */
const MAX_SPLIT_ROWS = 4

/** What to attend to. */
export type AttentionSite = {
  readonly layer: number
  readonly rows: number
  /** Keys of the longest sequence. */
  readonly keys: number
  /** Where the largest magnitudes of rows go in the status, in words. */
  readonly maxima: number
  readonly scoreScale: Scale
}

/** Attends from the queries in the scratch to the caches; the joined heads become wide rows. */
export function dispatchAttention(encoding: Encoding, shape: ModelShape, site: AttentionSite): void {
  const { encoder, live, scratch, table } = encoding
  const { cache, kernels } = live
  const { layer, rows, keys, maxima, scoreScale } = site
  const { headDim, heads, kvHeads } = shape
  const params = {
    heads,
    kvHeads,
    headDim,
    scoreM: scoreScale.m,
    scoreE: scoreScale.e,
    stride: 16 * wordsOf(heads * headDim),
    maxima,
  }
  const { queries, status, wide } = scratch
  const { exp2 } = live.weights
  if (kernels.sharing === 'workgroup' && rows <= MAX_SPLIT_ROWS && keys > kernels.splitFrom) {
    const splits = Math.ceil(keys / SPLIT_KEYS)
    const capacity = Math.ceil(keys / (8 * PAGE_POSITIONS)) * 8 * PAGE_POSITIONS // seldom a new buffer
    const { scores, partials } = live.scratches.splits(rows, capacity, capacity / SPLIT_KEYS)
    const all = { ...params, splits, capacity, peaks: peaksAt(shape, rows) + layer * rows * heads }
    const [scoring, summing] = [kernels.attention('scores'), kernels.attention('sums')]
    encoder.dispatch(`${layer}`, scoring, [table, queries, cache.keys(layer), status, scores], all, [
      heads * splits,
      rows,
    ])
    const summed = [table, cache.values(layer), exp2, status, scores, partials]
    encoder.dispatch(`${layer}`, summing, summed, all, [heads * splits, rows])
    encoder.dispatch('', kernels.attention('combine'), [partials, status, wide], all, [heads, rows])
    return
  }
  const tensors = [table, queries, cache.keys(layer), cache.values(layer), exp2, status, wide]
  const kernel = kernels.attention(kernels.sharing === 'quad' ? 'quad' : 'whole')
  encoder.dispatch(`${layer}`, kernel, tensors, params, [heads, rows])
}
