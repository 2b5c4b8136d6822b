// The one rounding of a linear layer. A sum times its two scales in doubles differs from the exact value by less than 2^-29 of it: whatever is not
// within that of a half rounds as the exact value does, the rest is rounded singly in integers.
import { mulShift, mulShiftWide, saturate } from './fixed'
import { Matrix } from './records'

export const STORE: i32 = 0
export const ADD: i32 = 1

/** Values from here on are rounded singly. */
const SIZE_MAX: i32 = 1 << 27

/** Mantissas of products of scales are cut to 31 bits, from 2^30 on: twice what that and the roundings of doubles may change, as part of a value. */
const ERROR: f64 = 1.0 / 536870912.0

/** Added to a double below 2^51 it leaves the nearest integer in the low bits. */
export const MAGIC: f64 = 6755399441055744.0

/** Exponents whose powers of two are far from the ends of doubles. */
const EXPONENT_MAX: i32 = 400

/** Biases that sums in 32 bits have room for. */
const BIAS_MAX: i32 = 1 << 30

/** Of the rows that {@link openRows} was last called for: least and largest exponent, and whether all scales are normalised. */
let leastE: i32 = 0
let mostE: i32 = 0
let isNormal: bool = false

/** Prepares to round sums of `count` rows: m·2^-(e - F) as doubles to `scales`. */
export function openRows(aM: usize, aE: usize, count: i32, F: i32, scales: usize): void {
  leastE = i32.MAX_VALUE
  mostE = i32.MIN_VALUE
  isNormal = true
  for (let t = 0; t < count; t++) {
    const at = (<usize>t) << 2
    const m = load<i32>(aM + at)
    const e = load<i32>(aE + at) - F
    leastE = min(leastE, e)
    mostE = max(mostE, e)
    if (m < 1 << 30) isNormal = false
    store<f64>(scales + (at << 1), <f64>m * powerOfTwo(-e))
  }
  if (leastE < -EXPONENT_MAX || mostE > EXPONENT_MAX) isNormal = false
}

/** 2^e; nothing of meaning beyond doubles. */
function powerOfTwo(e: i32): f64 {
  return reinterpret<f64>((<i64>(1023 + e)) << 52)
}

/** Whether every shift of the panel at output n by the rows that were opened is one that mulShift rounds, and nothing wraps. */
function hasRoom(w: Matrix, n: i32): bool {
  const at = (<usize>n) << 2
  const e = v128.load(w.e + at)
  const halves = v128.shuffle<i32>(e, e, 2, 3, 0, 1)
  const least = i32x4.min_s(e, halves)
  const most = i32x4.max_s(e, halves)
  const low = min(i32x4.extract_lane(least, 0), i32x4.extract_lane(least, 1))
  const high = max(i32x4.extract_lane(most, 0), i32x4.extract_lane(most, 1))
  if (!isNormal || low < -EXPONENT_MAX || high > EXPONENT_MAX) return false
  if (leastE + low < 40 || mostE + high > 92) return false
  if (w.bias != 0 && v128.any_true(i32x4.ge_u(i32x4.abs(v128.load(w.bias + at)), i32x4.splat(BIAS_MAX)))) return false
  return i32x4.all_true(i32x4.ge_s(v128.load(w.m + at), i32x4.splat(1 << 30)))
}

/** Two scales of four as doubles. */
function scales2(m: v128, e: v128): v128 {
  const power = i64x2.shl(i64x2.extend_low_i32x4_s(i32x4.sub(i32x4.splat(1023), e)), 52)
  return f64x2.mul(f64x2.convert_low_i32x4_s(m), power)
}

/**
 * Sums of `count` rows, `step` bytes apart, of the panel at output n: those of its outputs that are among `from` .. `to` to the rows at `out`, which
 * begin with output 0. `scales` are those of openRows. Returns values cut.
 */
export function roundPanel(
  sums: usize,
  step: usize,
  aM: usize,
  aE: usize,
  count: i32,
  w: Matrix,
  n: i32,
  from: i32,
  to: i32,
  F: i32,
  bound: i32,
  bits: i32,
  mode: i32,
  out: usize,
  stride: usize,
  scales: usize,
): i32 {
  const low = max(n, from)
  const high = min(n + 4, to)
  const at = (<usize>n) << 2
  const isWhole = high - low == 4 && hasRoom(w, n)
  const m = v128.load(w.m + at)
  const e = v128.load(w.e + at)
  const first = scales2(m, e)
  const second = scales2(v128.shuffle<i32>(m, m, 2, 3, 2, 3), v128.shuffle<i32>(e, e, 2, 3, 2, 3))
  const hasBias = w.bias != 0
  const bias = hasBias ? v128.load(w.bias + at) : i32x4.splat(0)
  const limit = i32x4.splat(bound)
  const most = f64x2.splat(<f64>(min(bound, SIZE_MAX) - 1))
  const magic = f64x2.splat(MAGIC)
  let saturated = 0
  for (let t = 0; t < count; t++) {
    if (isWhole) {
      const scale = v128.load_splat<i64>(scales + ((<usize>t) << 3))
      const v = f64x2.mul(f64x2.mul(v128.load(sums), first), scale)
      const u = f64x2.mul(f64x2.mul(v128.load(sums, 16), second), scale)
      const a = f64x2.add(v, magic)
      const b = f64x2.add(u, magic)
      const restA = f64x2.abs(f64x2.sub(v, f64x2.sub(a, magic)))
      const restB = f64x2.abs(f64x2.sub(u, f64x2.sub(b, magic)))
      const size = f64x2.pmax(f64x2.abs(v), f64x2.abs(u))
      const isClose = f64x2.ge(
        f64x2.add(f64x2.pmax(restA, restB), f64x2.mul(size, f64x2.splat(ERROR))),
        f64x2.splat(0.5),
      )
      const isLarge = f64x2.ge(size, most)
      let y = v128.shuffle<i32>(a, b, 0, 2, 4, 6)
      let isCut = v128.or(isClose, isLarge)
      if (hasBias) {
        y = i32x4.add(y, bias)
        isCut = v128.or(isCut, i32x4.ge_u(i32x4.abs(y), limit))
      }
      if (mode == ADD) {
        y = i32x4.add(y, v128.load(out + at))
        isCut = v128.or(isCut, i32x4.ge_u(i32x4.abs(y), limit))
      }
      if (!v128.any_true(isCut)) {
        v128.store(out + at, y)
        sums += step
        out += stride
        continue
      }
    }
    const row = (<usize>t) << 2
    saturated += round(sums, load<u32>(aM + row), load<i32>(aE + row) - F, w, n, low, high, bound, bits, mode, out)
    sums += step
    out += stride
  }
  return saturated
}

/** Sums of the panel at output n -> values `low` .. `high` of the row `out`, which begins with output 0; returns values cut. */
function round(
  sums: usize,
  am: u32,
  ae: i32,
  w: Matrix,
  n: i32,
  low: i32,
  high: i32,
  bound: i32,
  bits: i32,
  mode: i32,
  out: usize,
): i32 {
  const end = (<usize>high) << 2
  const wM = w.m
  const wE = w.e
  const bias = w.bias
  const fromSum = sums - ((<usize>n) << 3)
  let saturated = 0
  for (let at = (<usize>low) << 2; at < end; at += 4) {
    const sum = <i64>load<f64>(fromSum + (at << 1))
    // mulScale, then mulShift or mulShiftWide: sums of 32 bits need neither their bounds nor their halves.
    const scale = <u64>am * <u64>load<u32>(wM + at)
    const top = <i32>(scale >> 61)
    const m = <i64>(scale >> (30 + top))
    const s = ae + load<i32>(wE + at) - 30 - top
    let y: i64
    if (<i64>(<i32>sum) == sum && <u32>(s - 9) <= 53) y = (((sum * m) >> (s - 1)) + 1) >> 1
    else y = bits == 16 ? mulShiftWide(sum, m, s) : mulShift(sum, m, s)
    if (bias != 0) y = <i64>saturate(y) + <i64>load<i32>(bias + at)
    if (y >= bound || y <= -bound) {
      y = y > 0 ? bound : -bound
      saturated++
    }
    if (mode == ADD) {
      y += load<i32>(out + at)
      if (y >= bound || y <= -bound) {
        y = y > 0 ? bound : -bound
        saturated++
      }
    }
    store<i32>(out + at, <i32>y)
  }
  return saturated
}
