// Linear layers: i16 activation rows times int8 weight rows, exact, one rounding. Rows are padded with zeros to a multiple of 16 columns.
import { clamp, mulScaleShift, mulShift, mulShiftWide, saturate } from './fixed'

/** Columns whose products fit an i32 lane: 2·127·32,639·(1024/16·2) < 2^31. */
const FLUSH: i32 = 1024

/**
 * out (T, N) = a (T, K)·wᵀ (N, K) with F fraction bits, within ±bound; bias may be 0. `outStride` counts i32. Returns the values at the bound.
 */
export function linear(
  a: usize,
  aM: usize,
  aE: usize,
  T: i32,
  w: usize,
  wM: usize,
  wE: usize,
  bias: usize,
  N: i32,
  K: i32,
  F: i32,
  bound: i32,
  bits: i32,
  out: usize,
  outStride: i32,
): i32 {
  let saturated = 0
  const aBytes = (<usize>K) << 1
  let t = 0
  for (; t + 4 <= T; t += 4) {
    const rows = a + <usize>t * aBytes
    for (let n = 0; n < N; n++) {
      dot4(rows, rows + aBytes, rows + 2 * aBytes, rows + 3 * aBytes, w + <usize>n * <usize>K, K)
      saturated += finish(sum0, t, n, aM, aE, wM, wE, bias, F, bound, bits, out, outStride)
      saturated += finish(sum1, t + 1, n, aM, aE, wM, wE, bias, F, bound, bits, out, outStride)
      saturated += finish(sum2, t + 2, n, aM, aE, wM, wE, bias, F, bound, bits, out, outStride)
      saturated += finish(sum3, t + 3, n, aM, aE, wM, wE, bias, F, bound, bits, out, outStride)
    }
  }
  for (; t < T; t++) {
    const row = a + <usize>t * aBytes
    for (let n = 0; n < N; n++)
      saturated += finish(
        dot1(row, w + <usize>n * <usize>K, K),
        t,
        n,
        aM,
        aE,
        wM,
        wE,
        bias,
        F,
        bound,
        bits,
        out,
        outStride,
      )
  }
  return saturated
}

function finish(
  sum: i64,
  t: i32,
  n: i32,
  aM: usize,
  aE: usize,
  wM: usize,
  wE: usize,
  bias: usize,
  F: i32,
  bound: i32,
  bits: i32,
  out: usize,
  outStride: i32,
): i32 {
  const at = (<usize>n) << 2
  const am = load<u32>(aM + ((<usize>t) << 2))
  const wm = load<u32>(wM + at)
  const shift = mulScaleShift(am, wm)
  const m = <i64>((<u64>am * <u64>wm) >> shift)
  const s = load<i32>(aE + ((<usize>t) << 2)) + load<i32>(wE + at) - shift - F
  let y = bits == 16 ? mulShiftWide(sum, m, s) : mulShift(sum, m, s)
  if (bias != 0) y = saturate(<i64>y + <i64>load<i32>(bias + at))
  y = clamp(y, bound)
  store<i32>(out + ((<usize>(t * outStride + n)) << 2), y)
  return i32(y >= bound) | i32(y <= -bound)
}

function lanes64(v: v128): i64 {
  const wide = i64x2.add(i64x2.extend_low_i32x4_s(v), i64x2.extend_high_i32x4_s(v))
  return i64x2.extract_lane(wide, 0) + i64x2.extract_lane(wide, 1)
}

/** Σ a[k]·w[k] over K columns. */
function dot1(a: usize, w: usize, K: i32): i64 {
  let total: i64 = 0
  let k = 0
  while (k < K) {
    const stop = min(K, k + FLUSH)
    let even = i32x4.splat(0)
    let odd = i32x4.splat(0)
    for (; k < stop; k += 16) {
      const weights = v128.load(w + <usize>k)
      const at = a + ((<usize>k) << 1)
      even = i32x4.add(even, i32x4.dot_i16x8_s(v128.load(at), i16x8.extend_low_i8x16_s(weights)))
      odd = i32x4.add(odd, i32x4.dot_i16x8_s(v128.load(at, 16), i16x8.extend_high_i8x16_s(weights)))
    }
    total += lanes64(even) + lanes64(odd)
  }
  return total
}

let sum0: i64 = 0
let sum1: i64 = 0
let sum2: i64 = 0
let sum3: i64 = 0

/** Four rows at once over one row of weights, into sum0 .. sum3: the widening of the weights is shared. */
function dot4(a0: usize, a1: usize, a2: usize, a3: usize, w: usize, K: i32): void {
  let t0: i64 = 0
  let t1: i64 = 0
  let t2: i64 = 0
  let t3: i64 = 0
  let k = 0
  while (k < K) {
    const stop = min(K, k + FLUSH)
    let v0 = i32x4.splat(0)
    let v1 = i32x4.splat(0)
    let v2 = i32x4.splat(0)
    let v3 = i32x4.splat(0)
    for (; k < stop; k += 8) {
      const weights = v128.load_ext<i8>(w + <usize>k)
      const at = (<usize>k) << 1
      v0 = i32x4.add(v0, i32x4.dot_i16x8_s(v128.load(a0 + at), weights))
      v1 = i32x4.add(v1, i32x4.dot_i16x8_s(v128.load(a1 + at), weights))
      v2 = i32x4.add(v2, i32x4.dot_i16x8_s(v128.load(a2 + at), weights))
      v3 = i32x4.add(v3, i32x4.dot_i16x8_s(v128.load(a3 + at), weights))
    }
    t0 += lanes64(v0)
    t1 += lanes64(v1)
    t2 += lanes64(v2)
    t3 += lanes64(v3)
  }
  sum0 = t0
  sum1 = t1
  sum2 = t2
  sum3 = t3
}
