// Causal attention of one query head of some rows over their caches: exact scores, base-2 weights in Q22, exact sums, one division.
import { Model, Step, rowAt } from './records'
import { MAGIC } from './round'
import { SCORED_ROWS, scoreRows } from './scores'
import { exp2neg4, largest4 } from './vector'

/** Keys whose products with a weight's half (11 bits) fit an i32 lane: 16 pairs of 2·32,767·2,048 are below 2^31. */
const FLUSH_KEYS: i32 = 32

const LANES: v128 = i32x4(0, 1, 2, 3)

/** Furthest from an integer that a mean may be: it differs from a half by 2^-23 where half a total is rounded down. */
const EDGE: f64 = 0.5 - 1.0 / 1048576.0

/** Columns of values that the registers hold at a time. */
const BLOCK: i32 = 16

/**
 * Head `head` of up to SCORED_ROWS rows from `first` on: headDim i32 with 8 more fraction bits than the values, to each row's place in step.wide.
 * `scratch` holds both halves of weights (i16) of every position, sums, scores (i32) of every row and position, and what scoring needs. Returns the
 * scores at their bound.
 */
export function attend(model: Model, layer: i32, step: Step, first: i32, head: i32, scratch: usize): i32 {
  const end = min(step.count, first + SCORED_ROWS)
  let saturated = 0
  for (let index = first; index < end;) {
    const row = rowAt(step, index)
    let count = 1
    while (index + count < end && follows(step, index + count)) count++
    const high = scratch
    const low = high + ((<usize>row.capacity) << 1)
    const sums = low + ((<usize>row.capacity) << 1)
    const scores = sums + ((<usize>BLOCK) << 3)
    const stride = (<usize>row.capacity) << 2
    const rest = scores + <usize>count * stride
    saturated += scoreRows(model, layer, step, index, count, head, scores, rest)
    for (let t = 0; t < count; t++)
      weighValues(model, layer, step, index + t, head, scores + <usize>t * stride, high, low, sums)
    index += count
  }
  return saturated
}

/** Whether a row is that of the next position of the sequence of the row before it. */
function follows(step: Step, index: i32): bool {
  const row = rowAt(step, index)
  const before = rowAt(step, index - 1)
  return row.keys == before.keys && row.position == before.position + 1
}

/** The mean of a row's values, weighted by its scores. */
function weighValues(
  model: Model,
  layer: i32,
  step: Step,
  index: i32,
  head: i32,
  scores: usize,
  high: usize,
  low: usize,
  sums: usize,
): void {
  const row = rowAt(step, index)
  const count = row.position + 1
  const block = <usize>(layer * model.kvHeads + head / (model.heads / model.kvHeads))
  const total = weigh(scores, count, largest(scores, count), model.exp2, high, low)
  const stride = (<usize>model.headStride) << 2
  const values = row.values + block * <usize>(row.capacity >> 1) * stride
  const out = step.wide + ((<usize>((index * model.heads + head) * model.headDim)) << 2)
  const inverse = 256.0 / <f64>total
  for (let c = 0; c < model.headDim; c += BLOCK) {
    sumBlock(values + ((<usize>c) << 2), stride, count, high, low, sums)
    for (let i = 0; i < min(BLOCK, model.headDim - c); i++)
      store<i32>(out + ((<usize>(c + i)) << 2), mean(load<i64>(sums + ((<usize>i) << 3)), total, inverse))
  }
}

/** The largest of `count` scores. */
function largest(scores: usize, count: i32): i32 {
  let most = i32x4.splat(i32.MIN_VALUE)
  let u = 0
  for (; u + 4 <= count; u += 4) most = i32x4.max_s(most, v128.load(scores + ((<usize>u) << 2)))
  let max = i32x4.extract_lane(largest4(most), 0)
  for (; u < count; u++) {
    const score = load<i32>(scores + ((<usize>u) << 2))
    if (score > max) max = score
  }
  return max
}

/** Scores -> weights w = 2^-(max - score) in Q22 as halves w >> 11 and w & 2047, i16; zeros up to a multiple of four. Returns their sum. */
function weigh(scores: usize, count: i32, max: i32, table: usize, high: usize, low: usize): i64 {
  const top = i32x4.splat(max)
  const half = i32x4.splat(128)
  const mask = i32x4.splat(2047)
  let totals = i64x2.splat(0)
  for (let u = 0; u < count; u += 4) {
    const distance = i32x4.sub(top, v128.load(scores + ((<usize>u) << 2)))
    let weight = i32x4.shr_u(i32x4.add(exp2neg4(distance, table), half), 8)
    if (u + 4 > count) weight = v128.and(weight, i32x4.lt_s(LANES, i32x4.splat(count - u)))
    totals = i64x2.add(totals, i64x2.add(i64x2.extend_low_i32x4_u(weight), i64x2.extend_high_i32x4_u(weight)))
    const at = (<usize>u) << 1
    const highs = i32x4.shr_u(weight, 11)
    v128.store_lane<i64>(high + at, i16x8.narrow_i32x4_s(highs, highs), 0)
    const lows = v128.and(weight, mask)
    v128.store_lane<i64>(low + at, i16x8.narrow_i32x4_s(lows, lows), 0)
  }
  return i64x2.extract_lane(totals, 0) + i64x2.extract_lane(totals, 1)
}

/** Weighted sums of sixteen columns of values, as i64. `stride` counts bytes of a pair of positions. */
function sumBlock(values: usize, stride: usize, count: i32, high: usize, low: usize, sums: usize): void {
  memory.fill(sums, 0, 128)
  for (let first = 0; first < count; first += FLUSH_KEYS) {
    const end = min(count, first + FLUSH_KEYS)
    let h0 = i32x4.splat(0)
    let h1 = i32x4.splat(0)
    let h2 = i32x4.splat(0)
    let h3 = i32x4.splat(0)
    let l0 = i32x4.splat(0)
    let l1 = i32x4.splat(0)
    let l2 = i32x4.splat(0)
    let l3 = i32x4.splat(0)
    for (let u = first; u < end; u += 2) {
      const h = v128.load_splat<i32>(high + ((<usize>u) << 1))
      const l = v128.load_splat<i32>(low + ((<usize>u) << 1))
      const at = values + <usize>(u >> 1) * stride
      const v0 = v128.load(at)
      h0 = i32x4.add(h0, i32x4.dot_i16x8_s(v0, h))
      l0 = i32x4.add(l0, i32x4.dot_i16x8_s(v0, l))
      const v1 = v128.load(at, 16)
      h1 = i32x4.add(h1, i32x4.dot_i16x8_s(v1, h))
      l1 = i32x4.add(l1, i32x4.dot_i16x8_s(v1, l))
      const v2 = v128.load(at, 32)
      h2 = i32x4.add(h2, i32x4.dot_i16x8_s(v2, h))
      l2 = i32x4.add(l2, i32x4.dot_i16x8_s(v2, l))
      const v3 = v128.load(at, 48)
      h3 = i32x4.add(h3, i32x4.dot_i16x8_s(v3, h))
      l3 = i32x4.add(l3, i32x4.dot_i16x8_s(v3, l))
    }
    flush(h0, l0, sums)
    flush(h1, l1, sums + 32)
    flush(h2, l2, sums + 64)
    flush(h3, l3, sums + 96)
  }
}

/** sums += 2^11·high + low, four i64. */
function flush(high: v128, low: v128, sums: usize): void {
  const first = i64x2.add(i64x2.shl(i64x2.extend_low_i32x4_s(high), 11), i64x2.extend_low_i32x4_s(low))
  const second = i64x2.add(i64x2.shl(i64x2.extend_high_i32x4_s(high), 11), i64x2.extend_high_i32x4_s(low))
  v128.store(sums, i64x2.add(v128.load(sums), first))
  v128.store(sums, i64x2.add(v128.load(sums, 16), second), 16)
}

/**
 * floor((sum·2^8 + floor(total/2)) / total) for 2^8 / total as a double. |quotient| < 2^24 and total >= 2^22: the double is off by less than 2^-28, and
 * where it is not near a half its nearest integer is meant; else a guess that is off by at most a unit is made exact.
 */
function mean(sum: i64, total: i64, inverse: f64): i32 {
  const near = <f64>sum * inverse
  const shifted = near + MAGIC
  if (abs<f64>(near - (shifted - MAGIC)) < EDGE) return <i32>reinterpret<i64>(shifted)
  const numerator = (sum << 8) + (total >> 1)
  let quotient = <i64>floor((<f64>numerator * inverse) / 256)
  const rest = numerator - quotient * total
  if (rest < 0) quotient--
  else if (rest >= total) quotient++
  return <i32>quotient
}
