// The arithmetic of fixed.ts on four lanes at a time.

/** log2(e) in Q30. */
const LOG2E: u32 = 1549082005

/** 1 in Q30. */
const ONE: i32 = 1 << 30

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

/** exp2neg of unsigned lanes: the table gives a value and the one behind it at once, and lanes shift by products with powers of two. */
export function exp2neg4(t: v128, table: usize): v128 {
  const index = v128.and(i32x4.shr_u(t, 6), i32x4.splat(1020))
  const a = v128.load_zero<i64>(table + <usize>i32x4.extract_lane(index, 0))
  const b = v128.load_zero<i64>(table + <usize>i32x4.extract_lane(index, 2))
  const first = v128.load_lane<i64>(table + <usize>i32x4.extract_lane(index, 1), a, 1)
  const second = v128.load_lane<i64>(table + <usize>i32x4.extract_lane(index, 3), b, 1)
  const here = v128.shuffle<i32>(first, second, 0, 2, 4, 6)
  const step = i32x4.sub(here, v128.shuffle<i32>(first, second, 1, 3, 5, 7))
  const fraction = v128.and(t, i32x4.splat(255))
  const octaves = i32x4.min_u(i32x4.shr_u(t, 16), i32x4.splat(31))
  const within = i32x4.sub(here, i32x4.shr_u(i32x4.mul(step, fraction), 8))
  return mulShiftDown4(within, power4(i32x4.sub(i32x4.splat(30), octaves)), 30)
}

/** e^-|x| in Q30 of lanes in Q16 within ±(2^26 - 1). */
export function decay4(x: v128, table: usize): v128 {
  return exp2neg4(mulShift4(i32x4.abs(x), i32x4.splat(LOG2E), 30), table)
}

/** About 2^61 / (1 + decay). */
export function inverse4(decay: v128): v128 {
  return reciprocal4(i32x4.add(i32x4.splat(ONE), decay))
}

/** silu(x) in Q16, of x and what decay4 and inverse4 gave for it. */
export function silu4(x: v128, decay: v128, inverse: v128): v128 {
  const above = i32x4.min_u(i32x4.shr_u(inverse, 1), i32x4.splat(ONE))
  const below = mulShiftDown4(decay, inverse, 31)
  return mulShift4(x, v128.bitselect(below, above, i32x4.shr_s(x, 31)), 30)
}

/** 2^x of signed lanes for x from -126 on, rounded down; 2^31 - 1 for more than 30. Floats of such exponents are exact. */
function power4(x: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(i32x4.shl(i32x4.add(i32x4.min_s(x, i32x4.splat(31)), i32x4.splat(127)), 23))
}

/** Largest of the four signed lanes, in each. */
export function largest4(x: v128): v128 {
  const halves = i32x4.max_s(x, v128.shuffle<i32>(x, x, 2, 3, 0, 1))
  return i32x4.max_s(halves, v128.shuffle<i32>(halves, halves, 1, 0, 3, 2))
}

/** Sum of the four lanes of each of four vectors, where the sums fit an i32. */
export function sums4(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(v128.shuffle<i32>(a, b, 0, 4, 2, 6), v128.shuffle<i32>(a, b, 1, 5, 3, 7))
  const cd = i32x4.add(v128.shuffle<i32>(c, d, 0, 4, 2, 6), v128.shuffle<i32>(c, d, 1, 5, 3, 7))
  return i32x4.add(v128.shuffle<i64>(ab, cd, 0, 2), v128.shuffle<i64>(ab, cd, 1, 3))
}
