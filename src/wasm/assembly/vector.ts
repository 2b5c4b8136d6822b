// The arithmetic of fixed.ts on four lanes at a time.
import { exp2neg } from './fixed'

/** log2(e) in Q30. */
const LOG2E: u32 = 1549082005

/** (a·b + 2^(s-1)) >> s of signed lanes, where every result fits an i32: so the low word of a logical shift is that of an arithmetic one. */
export function mulShift4(a: v128, b: v128, s: i32): v128 {
  const half = i64x2.splat((<i64>1) << (s - 1))
  const low = i64x2.shr_u(i64x2.add(i64x2.extmul_low_i32x4_s(a, b), half), s)
  const high = i64x2.shr_u(i64x2.add(i64x2.extmul_high_i32x4_s(a, b), half), s)
  return v128.shuffle<i32>(low, high, 0, 2, 4, 6)
}

/** (a·b) >> s of unsigned lanes, its low word. */
function mulShiftDown4(a: v128, b: v128, s: i32): v128 {
  const low = i64x2.shr_u(i64x2.extmul_low_i32x4_u(a, b), s)
  const high = i64x2.shr_u(i64x2.extmul_high_i32x4_u(a, b), s)
  return v128.shuffle<i32>(low, high, 0, 2, 4, 6)
}

/** High words of unsigned products. */
function mulHigh4(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(i64x2.extmul_low_i32x4_u(a, b), i64x2.extmul_high_i32x4_u(a, b), 1, 3, 5, 7)
}

/** About 2^61 / d for d in [2^30, 2^31]. */
function reciprocal4(d: v128): v128 {
  let r = i32x4.sub(i32x4.splat(<i32>3031741621), i32x4.shl(mulHigh4(d, i32x4.splat(2021161080)), 1))
  for (let step = 0; step < 3; step++) r = mulShiftDown4(r, i32x4.sub(i32x4.splat(1073741824), mulHigh4(d, r)), 29)
  return r
}

/** 2^-t in Q30 of unsigned lanes in Q16: shifts differ by lane, so one by one. */
function exp2neg4(t: v128, table: usize): v128 {
  let e = i32x4.splat(<i32>exp2neg(<u32>i32x4.extract_lane(t, 0), table))
  e = i32x4.replace_lane(e, 1, <i32>exp2neg(<u32>i32x4.extract_lane(t, 1), table))
  e = i32x4.replace_lane(e, 2, <i32>exp2neg(<u32>i32x4.extract_lane(t, 2), table))
  return i32x4.replace_lane(e, 3, <i32>exp2neg(<u32>i32x4.extract_lane(t, 3), table))
}

/** silu(x) in Q16 of lanes in Q16 within ±(2^26 - 1). */
export function silu4(x: v128, table: usize): v128 {
  const e = exp2neg4(mulShift4(i32x4.abs(x), i32x4.splat(LOG2E), 30), table)
  const one = i32x4.splat(1073741824)
  const r = reciprocal4(i32x4.add(one, e))
  const above = i32x4.min_u(i32x4.shr_u(r, 1), one)
  const below = mulShiftDown4(e, r, 31)
  return mulShift4(x, v128.bitselect(below, above, i32x4.shr_s(x, 31)), 30)
}

/** Sum of the four lanes of each of four vectors, where the sums fit an i32. */
export function sums4(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(v128.shuffle<i32>(a, b, 0, 4, 2, 6), v128.shuffle<i32>(a, b, 1, 5, 3, 7))
  const cd = i32x4.add(v128.shuffle<i32>(c, d, 0, 4, 2, 6), v128.shuffle<i32>(c, d, 1, 5, 3, 7))
  return i32x4.add(v128.shuffle<i64>(ab, cd, 0, 2), v128.shuffle<i64>(ab, cd, 1, 3))
}

/** Sums of the lanes of two vectors, as two i64. */
export function wideSums2(a: v128, b: v128): v128 {
  const x = i64x2.add(i64x2.extend_low_i32x4_s(a), i64x2.extend_high_i32x4_s(a))
  const y = i64x2.add(i64x2.extend_low_i32x4_s(b), i64x2.extend_high_i32x4_s(b))
  return i64x2.add(v128.shuffle<i64>(x, y, 0, 2), v128.shuffle<i64>(x, y, 1, 3))
}
