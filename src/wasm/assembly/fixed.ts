// Fixed-point arithmetic in 64-bit integers: the same results as src/tensor/exact/fixed.ts, scale.ts and functions.ts.

export function saturate(x: i64): i32 {
  return <i32>(x > i32.MAX_VALUE ? i32.MAX_VALUE : x < i32.MIN_VALUE ? i32.MIN_VALUE : x)
}

export function clamp(x: i32, bound: i32): i32 {
  return x > bound ? bound : x < -bound ? -bound : x
}

function saturateBySign(x: i64): i32 {
  return x > 0 ? i32.MAX_VALUE : x < 0 ? i32.MIN_VALUE : 0
}

/** sat32((a·b + 2^(s-1)) >> s); |a·b| <= 2^62. */
export function mulShift(a: i64, b: i64, s: i32): i32 {
  if (s > 62) return 0
  const product = a * b
  if (s < 1) return saturateBySign(product)
  return saturate((product + ((<i64>1) << (s - 1))) >> s)
}

/** sat32((sum·m + 2^(s-1)) >> s) for |sum| < 2^40: split at 8 bits so that nothing passes 2^63, which an i32 sum does not need. */
export function mulShiftWide(sum: i64, m: i64, s: i32): i32 {
  if (<i64>(<i32>sum) == sum && <u32>(s - 9) <= 53) return saturate((sum * m + ((<i64>1) << (s - 1))) >> s)
  if (s > 62) return 0
  if (s < 9) return saturateBySign(sum)
  const high = sum >> 8
  const low = sum & 255
  return saturate((high * m + ((low * m) >> 8) + (((<i64>1) << (s - 1)) >> 8)) >> (s - 8))
}

/** Mantissa of the product of two scales; its exponent is e1 + e2 - mulScaleShift. */
export function mulScaleShift(m1: u32, m2: u32): i32 {
  return <u64>m1 * <u64>m2 >= (<u64>1) << 61 ? 31 : 30
}

/** floor(2^46 / sqrt(v)) nearly, as the reference computes it. */
export function rsqrt(v: u32): u32 {
  let y: u32 = 2362232013 - v / 3
  for (let step = 0; step < 5; step++) {
    const square = high(high(y, y), v)
    y = <u32>((<u64>y * <u64>(805306368 - square)) >> 29)
  }
  return y
}

/** u32 t in Q16 -> 2^-t in Q30; `table` holds Q30 of 2^(-i/256), i = 0 .. 256. */
export function exp2neg(t: u32, table: usize): u32 {
  const octaves = t >> 16
  if (octaves >= 31) return 0
  const at = table + (((t >> 8) & 255) << 2)
  const here = load<u32>(at)
  const step = here - load<u32>(at, 4)
  return (here - ((step * (t & 255)) >> 8)) >> octaves
}

function high(a: u32, b: u32): u32 {
  return <u32>((<u64>a * <u64>b) >> 32)
}
