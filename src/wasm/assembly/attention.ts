// Rotation into the caches, and causal attention of one query head. Keys and values lie as i16 (position, headDim), headDim a multiple of 8.
import { clamp, exp2neg, mulScaleShift, mulShift, mulShiftWide, sigmoid } from './fixed'
import { quantise } from './quantise'

const SCORE_MAX: i32 = 1 << 30

/** Rotates a head of i32 (int16 range) at `head` by Q15 angles, quantises it to `q` with its scale; `scratch` holds headDim i32. */
export function rotateQuantise(
  head: usize,
  cos: usize,
  sin: usize,
  headDim: i32,
  F: i32,
  bits: i32,
  scratch: usize,
  q: usize,
  scaleM: usize,
  scaleE: usize,
): void {
  const pairs = headDim >> 1
  for (let j = 0; j < pairs; j++) {
    const at = (<usize>j) << 2
    const beyond = at + ((<usize>pairs) << 2)
    const a = load<i32>(head + at)
    const b = load<i32>(head + beyond)
    const c = load<i32>(cos + at)
    const s = load<i32>(sin + at)
    store<i32>(scratch + at, (a * c - b * s + 16384) >> 15)
    store<i32>(scratch + beyond, (b * c + a * s + 16384) >> 15)
  }
  quantise(scratch, headDim, headDim, F, bits, q, scaleM, scaleE)
}

/** i32 values within int16 -> i16. */
export function narrow(from: usize, count: i32, to: usize): void {
  for (let i = 0; i < count; i++) store<i16>(to + ((<usize>i) << 1), <i16>load<i32>(from + ((<usize>i) << 2)))
}

/** Combines Q30 angles of a position's high and low level rows to Q15, `pairs` of them. */
export function angles(
  highCos: usize,
  highSin: usize,
  lowCos: usize,
  lowSin: usize,
  pairs: i32,
  cos: usize,
  sin: usize,
): void {
  const half = (<i64>1) << 44
  for (let j = 0; j < pairs; j++) {
    const at = (<usize>j) << 2
    const ch = <i64>load<i32>(highCos + at)
    const sh = <i64>load<i32>(highSin + at)
    const cl = <i64>load<i32>(lowCos + at)
    const sl = <i64>load<i32>(lowSin + at)
    store<i32>(cos + at, <i32>((ch * cl - sh * sl + half) >> 45))
    store<i32>(sin + at, <i32>((sh * cl + ch * sl + half) >> 45))
  }
}

/**
 * One query head over `count` keys: out (headDim) i32 with 8 more fraction bits than the values. {scoreM, scoreE} = log2(e)/sqrt(headDim).
 * `scores` is scratch for count i32, `sums` for headDim i64. Returns the scores at their bound.
 */
export function attend(
  query: usize,
  queryM: u32,
  queryE: i32,
  keys: usize,
  keyM: usize,
  keyE: usize,
  values: usize,
  count: i32,
  headDim: i32,
  scoreM: u32,
  scoreE: i32,
  table: usize,
  scores: usize,
  sums: usize,
  out: usize,
): i32 {
  const queryShift = mulScaleShift(queryM, scoreM)
  const qm = <u32>((<u64>queryM * <u64>scoreM) >> queryShift)
  const qe = queryE + scoreE - queryShift
  const rowBytes = (<usize>headDim) << 1
  let max: i32 = -SCORE_MAX
  let saturated = 0
  for (let u = 0; u < count; u++) {
    const at = (<usize>u) << 2
    const km = load<u32>(keyM + at)
    const shift = mulScaleShift(qm, km)
    const m = <i64>((<u64>qm * <u64>km) >> shift)
    const s = qe + load<i32>(keyE + at) - shift - 16
    const score = clamp(mulShiftWide(dotHeads(query, keys + <usize>u * rowBytes, headDim), m, s), SCORE_MAX)
    saturated += i32(score >= SCORE_MAX) | i32(score <= -SCORE_MAX)
    store<i32>(scores + at, score)
    if (score > max) max = score
  }
  let total: i64 = 0
  memory.fill(sums, 0, (<usize>headDim) << 3)
  for (let u = 0; u < count; u++) {
    const weight = (exp2neg(<u32>max - <u32>load<i32>(scores + ((<usize>u) << 2)), table) + 128) >> 8
    if (weight == 0) continue
    total += weight
    addWeighted(values + <usize>u * rowBytes, weight, headDim, sums)
  }
  for (let c = 0; c < headDim; c++)
    store<i32>(out + ((<usize>c) << 2), mean(load<i64>(sums + ((<usize>c) << 3)), total))
  return saturated
}

/** silu(gate)·up for `count` Q16 pairs -> i32 with `F` fraction bits, in place over gate. */
export function siluGate(gate: usize, up: usize, count: i32, F: i32, table: usize): void {
  for (let i = 0; i < count; i++) {
    const at = (<usize>i) << 2
    const g = load<i32>(gate + at)
    const silu = mulShift(g, <i64>sigmoid(g, table), 30)
    store<i32>(gate + at, mulShift(silu, load<i32>(up + at), 32 - F))
  }
}

/** Σ a[c]·b[c] of two i16 heads: products below 2^30, so lanes are widened at every step. */
function dotHeads(a: usize, b: usize, headDim: i32): i64 {
  let total = i64x2.splat(0)
  for (let c = 0; c < headDim; c += 8) {
    const at = (<usize>c) << 1
    const x = v128.load(a + at)
    const y = v128.load(b + at)
    const low = i32x4.extmul_low_i16x8_s(x, y)
    const high = i32x4.extmul_high_i16x8_s(x, y)
    total = i64x2.add(total, i64x2.add(i64x2.extend_low_i32x4_s(low), i64x2.extend_high_i32x4_s(low)))
    total = i64x2.add(total, i64x2.add(i64x2.extend_low_i32x4_s(high), i64x2.extend_high_i32x4_s(high)))
  }
  return i64x2.extract_lane(total, 0) + i64x2.extract_lane(total, 1)
}

/** sums[c] += weight·value[c], in i64. */
function addWeighted(value: usize, weight: u32, headDim: i32, sums: usize): void {
  const w = i32x4.splat(<i32>weight)
  for (let c = 0; c < headDim; c += 4) {
    const v = v128.load_ext<i16>(value + ((<usize>c) << 1))
    const at = sums + ((<usize>c) << 3)
    v128.store(at, i64x2.add(v128.load(at), i64x2.extmul_low_i32x4_s(v, w)))
    v128.store(at, i64x2.add(v128.load(at, 16), i64x2.extmul_high_i32x4_s(v, w)), 16)
  }
}

/** floor((sum·2^8 + floor(total/2)) / total), rounded towards minus infinity. */
function mean(sum: i64, total: i64): i32 {
  const numerator = (sum << 8) + (total >> 1)
  const quotient = numerator / total
  return <i32>(numerator % total < 0 ? quotient - 1 : quotient)
}
