// Linear layers: i16 activation rows times panels of int8 weights, exact, one rounding.
import { mulShift, mulShiftWide, saturate } from './fixed'
import { Matrix } from './records'
import { hasRoom4, largest4, lift4, product4, rescale4, wideSums2 } from './vector'

/** Columns whose products fit an i32 lane: 2·127·32,639·(2048/8) < 2^31. */
const FLUSH: i32 = 2048

/** Bytes of a thread's scratch that linear layers use before the panel: sums of two rows by four outputs, and the lifts of its scales. */
const SUMS_BYTES: usize = 80

/** What happens to the values of a linear layer. */
export const STORE: i32 = 0
export const ADD: i32 = 1

/**
 * Outputs `from` .. `to` of `count` rows from `first` on, with F fraction bits within ±bound, to `out` (count, to - from) whose rows are
 * `stride` bytes apart; with ADD the sum with what is there, clamped again. `scratch` holds SUMS_BYTES and a widened panel. Returns values cut.
 */
export function linear(
  a: usize,
  aM: usize,
  aE: usize,
  bits: i32,
  first: i32,
  count: i32,
  w: Matrix,
  from: i32,
  to: i32,
  F: i32,
  bound: i32,
  mode: i32,
  out: usize,
  stride: usize,
  scratch: usize,
): i32 {
  const cols = w.cols
  const rowBytes = (<usize>cols) << 1
  const sums = scratch
  const lifts = scratch + 64
  const panel = scratch + SUMS_BYTES
  a += <usize>first * rowBytes
  aM += (<usize>first) << 2
  aE += (<usize>first) << 2
  let saturated = 0
  for (let n = from & ~3; n < to; n += 4) {
    const weights = w.q + <usize>n * <usize>cols
    const low = max(n, from)
    const high = min(n + 4, to)
    const target = out - ((<usize>from) << 2)
    openPanel(w, n, lifts)
    if (count == 1) dotPanel(a, weights, cols, sums)
    else widen(weights, cols, panel)
    for (let t = 0; t < count; t += 2) {
      // The last row of an odd number stands in for its missing neighbour, whose sums are not used.
      const end = min(t + 2, count)
      const x = a + <usize>t * rowBytes
      if (count > 1) dotPanelTwo(x, t + 1 < count ? x + rowBytes : x, panel, cols, sums)
      let from = sums
      for (let r = t; r < end; r++) {
        const at = (<usize>r) << 2
        const am = load<u32>(aM + at)
        const ae = load<i32>(aE + at) - F
        const row = target + <usize>r * stride
        if (high - low < 4 || !roundPanel(from, am, ae, w, n, bound, mode, row, lifts))
          saturated += round(from, am, ae, w, n, low, high, bound, bits, mode, row)
        from += 32
      }
    }
  }
  return saturated
}

/** Largest exponent of the panel that {@link openPanel} was last called for, and how far each of its scales is below it. */
let panelE: i32 = 0

/** Prepares to round sums of the panel at output n; writes the lifts of its four scales to `lifts`. */
function openPanel(w: Matrix, n: i32, lifts: usize): void {
  const exponents = v128.load(w.e + ((<usize>n) << 2))
  const most = largest4(exponents)
  panelE = i32x4.extract_lane(most, 0)
  v128.store(lifts, lift4(most, exponents))
}

/** What round does to the whole panel that was opened, four lanes at a time; false where it would cut something or needs more bits. */
function roundPanel(
  sums: usize,
  am: u32,
  ae: i32,
  w: Matrix,
  n: i32,
  bound: i32,
  mode: i32,
  out: usize,
  lifts: usize,
): bool {
  const a = v128.load(sums)
  const b = v128.load(sums, 16)
  const low = v128.shuffle<i32>(a, b, 0, 2, 4, 6)
  const high = v128.shuffle<i32>(a, b, 1, 3, 5, 7)
  if (v128.any_true(v128.xor(high, i32x4.shr_s(low, 31)))) return false
  const at = (<usize>n) << 2
  const lift = v128.load(lifts)
  const s = ae + panelE - 30
  if (!hasRoom4(low, lift, s)) return false
  let y = rescale4(low, lift, product4(am, v128.load(w.m + at)), s)
  if (w.bias != 0) {
    const bias = v128.load(w.bias + at)
    const sum = i32x4.add(y, bias)
    if (v128.bitmask<i32>(v128.and(v128.xor(sum, y), v128.xor(sum, bias))) != 0) return false
    y = sum
  }
  const limit = i32x4.splat(bound)
  if (v128.any_true(i32x4.ge_u(i32x4.abs(y), limit))) return false
  if (mode == ADD) {
    y = i32x4.add(y, v128.load(out + at))
    if (v128.any_true(i32x4.ge_u(i32x4.abs(y), limit))) return false
  }
  v128.store(out + at, y)
  return true
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
    const sum = load<i64>(fromSum + (at << 1))
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

/** Int8 panel -> i16. */
function widen(weights: usize, cols: i32, panel: usize): void {
  const end = weights + ((<usize>cols) << 2)
  while (weights < end) {
    v128.store(panel, v128.load_ext<i8>(weights))
    v128.store(panel, v128.load_ext<i8>(weights, 8), 16)
    weights += 16
    panel += 32
  }
}

/** One row times a panel -> four i64. */
function dotPanel(a: usize, weights: usize, cols: i32, sums: usize): void {
  let total01 = i64x2.splat(0)
  let total23 = i64x2.splat(0)
  const end = weights + ((<usize>cols) << 2)
  while (weights < end) {
    const stop = min(end, weights + 4 * FLUSH)
    let v0 = i32x4.splat(0)
    let v1 = i32x4.splat(0)
    let v2 = i32x4.splat(0)
    let v3 = i32x4.splat(0)
    while (weights < stop) {
      const x = v128.load(a)
      v0 = i32x4.add(v0, i32x4.dot_i16x8_s(x, v128.load_ext<i8>(weights)))
      v1 = i32x4.add(v1, i32x4.dot_i16x8_s(x, v128.load_ext<i8>(weights, 8)))
      v2 = i32x4.add(v2, i32x4.dot_i16x8_s(x, v128.load_ext<i8>(weights, 16)))
      v3 = i32x4.add(v3, i32x4.dot_i16x8_s(x, v128.load_ext<i8>(weights, 24)))
      const y = v128.load(a, 16)
      v0 = i32x4.add(v0, i32x4.dot_i16x8_s(y, v128.load_ext<i8>(weights, 32)))
      v1 = i32x4.add(v1, i32x4.dot_i16x8_s(y, v128.load_ext<i8>(weights, 40)))
      v2 = i32x4.add(v2, i32x4.dot_i16x8_s(y, v128.load_ext<i8>(weights, 48)))
      v3 = i32x4.add(v3, i32x4.dot_i16x8_s(y, v128.load_ext<i8>(weights, 56)))
      a += 32
      weights += 64
    }
    total01 = i64x2.add(total01, wideSums2(v0, v1))
    total23 = i64x2.add(total23, wideSums2(v2, v3))
  }
  v128.store(sums, total01)
  v128.store(sums, total23, 16)
}

/** Two rows times a widened panel -> eight i64: a tile of 2 by 4 is what the registers hold. */
function dotPanelTwo(a: usize, b: usize, panel: usize, cols: i32, sums: usize): void {
  const end = panel + ((<usize>cols) << 3)
  v128.store(sums, i64x2.splat(0))
  v128.store(sums, i64x2.splat(0), 16)
  v128.store(sums, i64x2.splat(0), 32)
  v128.store(sums, i64x2.splat(0), 48)
  while (panel < end) {
    const stop = min(end, panel + 8 * FLUSH)
    let a0 = i32x4.splat(0)
    let a1 = i32x4.splat(0)
    let a2 = i32x4.splat(0)
    let a3 = i32x4.splat(0)
    let b0 = i32x4.splat(0)
    let b1 = i32x4.splat(0)
    let b2 = i32x4.splat(0)
    let b3 = i32x4.splat(0)
    while (panel < stop) {
      const x = v128.load(a)
      const y = v128.load(b)
      const w0 = v128.load(panel)
      a0 = i32x4.add(a0, i32x4.dot_i16x8_s(x, w0))
      b0 = i32x4.add(b0, i32x4.dot_i16x8_s(y, w0))
      const w1 = v128.load(panel, 16)
      a1 = i32x4.add(a1, i32x4.dot_i16x8_s(x, w1))
      b1 = i32x4.add(b1, i32x4.dot_i16x8_s(y, w1))
      const w2 = v128.load(panel, 32)
      a2 = i32x4.add(a2, i32x4.dot_i16x8_s(x, w2))
      b2 = i32x4.add(b2, i32x4.dot_i16x8_s(y, w2))
      const w3 = v128.load(panel, 48)
      a3 = i32x4.add(a3, i32x4.dot_i16x8_s(x, w3))
      b3 = i32x4.add(b3, i32x4.dot_i16x8_s(y, w3))
      a += 16
      b += 16
      panel += 64
    }
    v128.store(sums, i64x2.add(v128.load(sums), wideSums2(a0, a1)))
    v128.store(sums, i64x2.add(v128.load(sums, 16), wideSums2(a2, a3)), 16)
    v128.store(sums, i64x2.add(v128.load(sums, 32), wideSums2(b0, b1)), 32)
    v128.store(sums, i64x2.add(v128.load(sums, 48), wideSums2(b2, b3)), 48)
  }
}

/** Rows of `cols` int8 at `rows` (count, cols) -> panels of `padded` columns at `panels`; the last is filled up with zeros. */
export function pack(rows: usize, count: i32, cols: i32, padded: i32, panels: usize): void {
  for (let n = 0; n < count; n += 4) {
    const panel = panels + <usize>n * <usize>padded
    memory.fill(panel, 0, (<usize>padded) << 2)
    for (let j = 0; j < min(4, count - n); j++) {
      const row = rows + <usize>(n + j) * <usize>cols
      const target = panel + ((<usize>j) << 3)
      let k = 0
      for (; k + 8 <= cols; k += 8) store<u64>(target + ((<usize>k) << 2), load<u64>(row + <usize>k))
      for (; k < cols; k++) store<u8>(target + ((<usize>(k & ~7)) << 2) + <usize>(k & 7), load<u8>(row + <usize>k))
    }
  }
}
