// Scores: queries times keys as linear layers do it, a key in the place of an output. Some rows of one sequence meet each pair of panels of keys.
import { CHUNK, PAIR, dotPanel, multiplyChunk, pairTerms, widenPair } from './dot'
import { mulScaleShift } from './fixed'
import { Matrix, Model, Row, Step, rowAt } from './records'
import { STORE, openRows, roundPanel } from './round'
import { sums4 } from './vector'

/** Bound of |score| in Q16. */
const SCORE_MAX: i32 = 1 << 30

/** Rows that are scored at a time. */
export const SCORED_ROWS: i32 = 16

/** Where things are in the scratch: the record of the keys, then by row scales as integers and doubles, terms, sums; then panels or planes. */
const M_AT: usize = 32
const E_AT: usize = M_AT + <usize>SCORED_ROWS * 4
const TERMS_AT: usize = E_AT + <usize>SCORED_ROWS * 4
const SCALES_AT: usize = TERMS_AT + <usize>SCORED_ROWS * 4
const SUMS_AT: usize = SCALES_AT + <usize>SCORED_ROWS * 8
const PANELS_AT: usize = SUMS_AT + <usize>(SCORED_ROWS * PAIR) * 8

/**
 * Scores in Q16 octaves of head `head` of `count` neighbouring rows from `index` on, of one sequence: of each with the keys up to its own, to `scores`
 * (count, capacity). Returns those cut.
 */
export function scoreRows(
  model: Model,
  layer: i32,
  step: Step,
  index: i32,
  count: i32,
  head: i32,
  scores: usize,
  scratch: usize,
): i32 {
  const row = rowAt(step, index)
  const keys = openKeys(model, row, layer, head, scratch)
  for (let t = 0; t < count; t++) openQuery(model, step, (index + t) * model.heads + head, scratch + ((<usize>t) << 2))
  openRows(scratch + M_AT, scratch + E_AT, count, 0, scratch + SCALES_AT)
  const width = (<usize>model.headStride) << 1
  const rowBytes = <usize>model.heads * width
  const queries = step.queries + <usize>(index * model.heads + head) * width
  const stride = (<usize>row.capacity) << 2
  if (model.keyBits == 8 && count > 1)
    return scoreBlock(keys, queries, rowBytes, row.position, count, scores, stride, scratch)
  let saturated = 0
  for (let t = 0; t < count; t++) {
    const from = <usize>t
    // prettier-ignore
    saturated += scoreRow(model, keys, queries + from * rowBytes, row.position + t, t, scores + from * stride, stride, scratch)
  }
  return saturated
}

/** The keys of a head's group as a matrix: a row of it is a position. */
function openKeys(model: Model, row: Row, layer: i32, head: i32, at: usize): Matrix {
  const keys = changetype<Matrix>(at)
  const block = <usize>(layer * model.kvHeads + head / (model.heads / model.kvHeads))
  const capacity = <usize>row.capacity
  keys.q = row.keys + block * capacity * <usize>(model.headStride * (model.keyBits >> 3))
  keys.m = row.scales + block * (capacity << 3)
  keys.e = keys.m + (capacity << 2)
  keys.bias = 0
  keys.rows = row.capacity
  keys.cols = model.headStride
  return keys
}

/** The scale of query `index`, that of scores in it. */
function openQuery(model: Model, step: Step, index: i32, at: usize): void {
  const m = load<u32>(step.queryM + ((<usize>index) << 2))
  const shift = mulScaleShift(m, model.scoreM)
  store<u32>(at, <u32>((<u64>m * <u64>model.scoreM) >> shift), M_AT)
  store<i32>(at, load<i32>(step.queryE + ((<usize>index) << 2)) + model.scoreE - shift - 16, E_AT)
}

/** Rows from `position` on times int8 keys, two panels at a time. */
function scoreBlock(
  keys: Matrix,
  queries: usize,
  rowBytes: usize,
  position: i32,
  count: i32,
  scores: usize,
  stride: usize,
  scratch: usize,
): i32 {
  const cols = keys.cols
  const terms = scratch + TERMS_AT
  const sums = scratch + SUMS_AT
  const panels = scratch + PANELS_AT
  for (let t = 0; t < count; t++) pairTerms(queries + <usize>t * rowBytes, cols, terms + ((<usize>t) << 2))
  const end = position + count
  let saturated = 0
  for (let n = 0; n < end; n += PAIR) {
    const first = max(0, n - position)
    const hasSecond = n + 4 < end
    const near = keys.q + <usize>n * <usize>cols
    widenPair(near, hasSecond ? near + ((<usize>cols) << 2) : near, cols, panels)
    const at = <usize>first
    // prettier-ignore
    multiplyChunk(queries + at * rowBytes, rowBytes, terms + (at << 2), 1, count - first, panels, cols, true, sums + at * 64)
    saturated += roundKeys(keys, n, position, first, count, sums, scores, stride, scratch)
    if (hasSecond) saturated += roundKeys(keys, n + 4, position, first, count, sums + 32, scores, stride, scratch)
  }
  return saturated
}

/** Rounds the panel of keys at position n for the rows that see it: whole for those that see all of it, up to their own key for the others. */
function roundKeys(
  keys: Matrix,
  n: i32,
  position: i32,
  first: i32,
  count: i32,
  sums: usize,
  scores: usize,
  stride: usize,
  scratch: usize,
): i32 {
  const whole = min(count, max(first, n + 3 - position))
  let saturated = 0
  for (let t = max(first, n - position); t < whole; t++)
    saturated += roundScores(keys, n, position + t + 1, t, 1, sums, scores, stride, scratch)
  if (whole < count) saturated += roundScores(keys, n, n + 4, whole, count - whole, sums, scores, stride, scratch)
  return saturated
}

/** Keys n .. `to` of `count` rows from `t` on; sums and scores are those of row 0. */
function roundScores(
  keys: Matrix,
  n: i32,
  to: i32,
  t: i32,
  count: i32,
  sums: usize,
  scores: usize,
  stride: usize,
  scratch: usize,
): i32 {
  const at = <usize>t
  const m = scratch + M_AT + (at << 2)
  const e = scratch + E_AT + (at << 2)
  const scales = scratch + SCALES_AT + (at << 3)
  // prettier-ignore
  return roundPanel(sums + (at << 6), 64, m, e, count, keys, n, 0, to, 0, SCORE_MAX, 16, STORE, scores + at * stride, stride, scales)
}

/** Row `t` at `position` alone, a panel or four A16 keys at a time. */
function scoreRow(
  model: Model,
  keys: Matrix,
  query: usize,
  position: i32,
  t: i32,
  scores: usize,
  stride: usize,
  scratch: usize,
): i32 {
  const isWide = model.keyBits == 16
  const cols = keys.cols
  const sums = scratch + SUMS_AT
  const planes = scratch + PANELS_AT
  const keyBytes = (<usize>cols) << (isWide ? 1 : 0)
  if (isWide) splitQuery(query, (<usize>cols) << 1, planes)
  let saturated = 0
  for (let n = 0; n <= position; n += 4) {
    const key = keys.q + <usize>n * keyBytes
    if (isWide) dotWideKeys(planes, key, keyBytes, sums)
    else dotPanel(query, key, cols, sums)
    const at = <usize>t
    const m = scratch + M_AT + (at << 2)
    const e = scratch + E_AT + (at << 2)
    const to = min(n + 4, position + 1)
    // prettier-ignore
    saturated += roundPanel(sums, 0, m, e, 1, keys, n, 0, to, 0, SCORE_MAX, 16, STORE, scores, stride, scratch + SCALES_AT + (at << 3))
  }
  return saturated
}

/** The planes of a query times four A16 keys -> four doubles: 256·Σ high·k + Σ low·k, each sum below 512·128·32,639 < 2^31. */
function dotWideKeys(high: usize, k0: usize, width: usize, sums: usize): void {
  const low = high + width
  const k1 = k0 + width
  const k2 = k1 + width
  const k3 = k2 + width
  let h0 = i32x4.splat(0)
  let h1 = i32x4.splat(0)
  let h2 = i32x4.splat(0)
  let h3 = i32x4.splat(0)
  let l0 = i32x4.splat(0)
  let l1 = i32x4.splat(0)
  let l2 = i32x4.splat(0)
  let l3 = i32x4.splat(0)
  for (let c: usize = 0; c < width; c += 16) {
    const x = v128.load(high + c)
    const y = v128.load(low + c)
    const w0 = v128.load(k0 + c)
    h0 = i32x4.add(h0, i32x4.dot_i16x8_s(x, w0))
    l0 = i32x4.add(l0, i32x4.dot_i16x8_s(y, w0))
    const w1 = v128.load(k1 + c)
    h1 = i32x4.add(h1, i32x4.dot_i16x8_s(x, w1))
    l1 = i32x4.add(l1, i32x4.dot_i16x8_s(y, w1))
    const w2 = v128.load(k2 + c)
    h2 = i32x4.add(h2, i32x4.dot_i16x8_s(x, w2))
    l2 = i32x4.add(l2, i32x4.dot_i16x8_s(y, w2))
    const w3 = v128.load(k3 + c)
    h3 = i32x4.add(h3, i32x4.dot_i16x8_s(x, w3))
    l3 = i32x4.add(l3, i32x4.dot_i16x8_s(y, w3))
  }
  const highs = sums4(h0, h1, h2, h3)
  const lows = sums4(l0, l1, l2, l3)
  v128.store(sums, joined(highs, lows))
  v128.store(sums, joined(v128.shuffle<i32>(highs, highs, 2, 3, 2, 3), v128.shuffle<i32>(lows, lows, 2, 3, 2, 3)), 16)
}

function joined(high: v128, low: v128): v128 {
  return f64x2.add(f64x2.mul(f64x2.convert_low_i32x4_s(high), f64x2.splat(256)), f64x2.convert_low_i32x4_s(low))
}

/** Planes of an A16 query: high = (q + 128) >> 8, then low = q - 256·high, each `width` bytes of i16. */
function splitQuery(query: usize, width: usize, planes: usize): void {
  const half = i16x8.splat(128)
  for (let c: usize = 0; c < width; c += 16) {
    const q = v128.load(query + c)
    const high = i16x8.shr_s(i16x8.add(q, half), 8)
    v128.store(planes + c, high)
    v128.store(planes + width + c, i16x8.sub(q, i16x8.shl(high, 8)))
  }
}
