// Causal attention of one query head of one row over its cache: exact scores, base-2 weights in Q22, exact sums, one division.
import { mulScaleShift, mulShiftWide } from './fixed'
import { Model, Row, Step, rowAt } from './records'
import { exp2neg4, hasRoom4, largest4, lift4, product4, rescale4, sums4 } from './vector'

const SCORE_MAX: i32 = 1 << 30

/** Keys whose products with a weight's half (11 bits) fit an i32 lane: 16 pairs of 2·32,767·2,048 are below 2^31. */
const FLUSH_KEYS: i32 = 32

const LANES: v128 = i32x4(0, 1, 2, 3)

/** Columns of values that the registers hold at a time. */
const BLOCK: i32 = 16

/**
 * Head `head` of row `index`: headDim i32 with 8 more fraction bits than the values, to the row's place in step.wide. `scratch` holds scores (i32)
 * and both halves of weights (i16) of every position, the planes of the query, and sums. Returns the scores at their bound.
 */
export function attendHead(model: Model, layer: i32, step: Step, index: i32, head: i32, scratch: usize): i32 {
  const row = rowAt(step, index)
  const count = row.position + 1
  const kvHead = head / (model.heads / model.kvHeads)
  const block = <usize>(layer * model.kvHeads + kvHead)
  const scores = scratch
  const high = scores + ((<usize>row.capacity) << 2)
  const low = high + ((<usize>row.capacity) << 1)
  const rest = low + ((<usize>row.capacity) << 1)

  const query = <usize>(index * model.heads + head)
  const max = scoreAll(model, row, block, step, query, count, scores, rest)
  const total = weigh(scores, count, max, model.exp2, high, low)

  const stride = (<usize>model.headStride) << 2
  const values = row.values + block * <usize>(row.capacity >> 1) * stride
  const out = step.wide + ((query * <usize>model.headDim) << 2)
  const inverse = 1.0 / <f64>total
  for (let c = 0; c < model.headStride; c += BLOCK) {
    const columns = min(BLOCK, model.headStride - c)
    const sums = rest
    if (columns == BLOCK) sumBlock(values + ((<usize>c) << 2), stride, count, high, low, sums)
    else {
      sumHalfBlock(values + ((<usize>c) << 2), stride, count, high, low, sums)
    }
    for (let i = 0; i < min(columns, model.headDim - c); i++)
      store<i32>(out + ((<usize>(c + i)) << 2), mean(load<i64>(sums + ((<usize>i) << 3)), total, inverse))
  }
  return saturated
}

/** Scores at their bound of the last {@link scoreAll}. */
let saturated: i32 = 0

/** Scores of `count` keys in Q16 octaves to `scores`; returns the largest. */
function scoreAll(
  model: Model,
  row: Row,
  block: usize,
  step: Step,
  index: usize,
  count: i32,
  scores: usize,
  planes: usize,
): i32 {
  const queryM = load<u32>(step.queryM + (index << 2))
  const queryShift = mulScaleShift(queryM, model.scoreM)
  const qm = <u32>((<u64>queryM * <u64>model.scoreM) >> queryShift)
  const qe = load<i32>(step.queryE + (index << 2)) + model.scoreE - queryShift - 16
  const width = (<usize>model.headStride) << 1
  const query = step.queries + index * width
  const isWide = model.keyBits == 16
  if (isWide) splitQuery(query, width, planes)
  const keyBytes = isWide ? width : width >> 1
  const keys = row.keys + block * <usize>row.capacity * keyBytes
  const keyM = row.scales + block * ((<usize>row.capacity) << 3)
  const keyE = keyM + ((<usize>row.capacity) << 2)

  const dots = planes + 2 * width
  const limit = i32x4.splat(SCORE_MAX)
  let most = i32x4.splat(-SCORE_MAX)
  saturated = 0
  for (let u = 0; u < count; u += 4) {
    // Past the end the last key stands in; its score does not count.
    const last = count - 1 - u
    const k0 = keys + <usize>u * keyBytes
    const k1 = k0 + <usize>min(1, last) * keyBytes
    const k2 = k0 + <usize>min(2, last) * keyBytes
    const k3 = k0 + <usize>min(3, last) * keyBytes
    if (isWide) scoreWideKeys(planes, planes + width, k0, k1, k2, k3, width, dots)
    else scoreKeys(query, k0, k1, k2, k3, width, dots)
    const at = (<usize>u) << 2
    const a = v128.load(dots)
    const b = v128.load(dots, 16)
    const low = v128.shuffle<i32>(a, b, 0, 2, 4, 6)
    const high = v128.shuffle<i32>(a, b, 1, 3, 5, 7)
    const exponents = v128.load(keyE + at)
    const largest = largest4(exponents)
    const lift = lift4(largest, exponents)
    const s = qe + i32x4.extract_lane(largest, 0) - 30
    let score = rescale4(low, lift, product4(qm, v128.load(keyM + at)), s)
    const isCut = v128.or(v128.xor(high, i32x4.shr_s(low, 31)), i32x4.ge_u(i32x4.abs(score), limit))
    if (!hasRoom4(low, lift, s) || v128.any_true(isCut)) {
      scoreSingly(dots, qm, qe, keyM + at, keyE + at, min(4, last + 1), scores + at)
      score = v128.load(scores + at)
    }
    v128.store(scores + at, score)
    if (last < 3) score = v128.bitselect(score, i32x4.splat(-SCORE_MAX), i32x4.le_s(LANES, i32x4.splat(last)))
    most = i32x4.max_s(most, score)
  }
  return i32x4.extract_lane(largest4(most), 0)
}

/** The scores of `count` keys whose dots are i64, cut at their bound. */
function scoreSingly(dots: usize, qm: u32, qe: i32, keyM: usize, keyE: usize, count: i32, scores: usize): void {
  for (let i = 0; i < count; i++) {
    const at = (<usize>i) << 2
    const scale = <u64>qm * <u64>load<u32>(keyM + at)
    const top = <i32>(scale >> 61)
    const m = <i64>(scale >> (30 + top))
    let score = <i64>mulShiftWide(load<i64>(dots + (at << 1)), m, qe + load<i32>(keyE + at) - 30 - top)
    if (score >= SCORE_MAX || score <= -SCORE_MAX) {
      score = score > 0 ? SCORE_MAX : -SCORE_MAX
      saturated++
    }
    store<i32>(scores + at, <i32>score)
  }
}

/** A query times four int8 keys; `width` counts the query's bytes. Heads up to 512 fit i32 sums: 512·32,639·127 < 2^31. */
function scoreKeys(query: usize, k0: usize, k1: usize, k2: usize, k3: usize, width: usize, dots: usize): void {
  let v0 = i32x4.splat(0)
  let v1 = i32x4.splat(0)
  let v2 = i32x4.splat(0)
  let v3 = i32x4.splat(0)
  for (let c: usize = 0; c < width; c += 16) {
    const x = v128.load(query + c)
    const at = c >> 1
    v0 = i32x4.add(v0, i32x4.dot_i16x8_s(x, v128.load_ext<i8>(k0 + at)))
    v1 = i32x4.add(v1, i32x4.dot_i16x8_s(x, v128.load_ext<i8>(k1 + at)))
    v2 = i32x4.add(v2, i32x4.dot_i16x8_s(x, v128.load_ext<i8>(k2 + at)))
    v3 = i32x4.add(v3, i32x4.dot_i16x8_s(x, v128.load_ext<i8>(k3 + at)))
  }
  const sums = sums4(v0, v1, v2, v3)
  v128.store(dots, i64x2.extend_low_i32x4_s(sums))
  v128.store(dots, i64x2.extend_high_i32x4_s(sums), 16)
}

/** The same for A16 keys and the planes of the query: 256·Σ high·k + Σ low·k, each sum below 512·128·32,639 < 2^31. */
function scoreWideKeys(
  high: usize,
  low: usize,
  k0: usize,
  k1: usize,
  k2: usize,
  k3: usize,
  width: usize,
  dots: usize,
): void {
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
  const low2 = i64x2.add(i64x2.shl(i64x2.extend_low_i32x4_s(highs), 8), i64x2.extend_low_i32x4_s(lows))
  const high2 = i64x2.add(i64x2.shl(i64x2.extend_high_i32x4_s(highs), 8), i64x2.extend_high_i32x4_s(lows))
  v128.store(dots, low2)
  v128.store(dots, high2, 16)
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

/** The same for the eight columns that may be left. */
function sumHalfBlock(values: usize, stride: usize, count: i32, high: usize, low: usize, sums: usize): void {
  memory.fill(sums, 0, 64)
  for (let first = 0; first < count; first += FLUSH_KEYS) {
    const end = min(count, first + FLUSH_KEYS)
    let h0 = i32x4.splat(0)
    let h1 = i32x4.splat(0)
    let l0 = i32x4.splat(0)
    let l1 = i32x4.splat(0)
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
    }
    flush(h0, l0, sums)
    flush(h1, l1, sums + 32)
  }
}

/** sums += 2^11·high + low, four i64. */
function flush(high: v128, low: v128, sums: usize): void {
  const first = i64x2.add(i64x2.shl(i64x2.extend_low_i32x4_s(high), 11), i64x2.extend_low_i32x4_s(low))
  const second = i64x2.add(i64x2.shl(i64x2.extend_high_i32x4_s(high), 11), i64x2.extend_high_i32x4_s(low))
  v128.store(sums, i64x2.add(v128.load(sums), first))
  v128.store(sums, i64x2.add(v128.load(sums, 16), second), 16)
}

/** floor((sum·2^8 + floor(total/2)) / total): a guess in doubles, off by at most a unit, made exact. |quotient| < 2^24. */
function mean(sum: i64, total: i64, inverse: f64): i32 {
  const numerator = (sum << 8) + (total >> 1)
  let quotient = <i64>floor(<f64>numerator * inverse)
  const rest = numerator - quotient * total
  if (rest < 0) quotient--
  else if (rest >= total) quotient++
  return <i32>quotient
}
