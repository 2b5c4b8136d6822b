// Fixed-point arithmetic of the exact model: doubles that hold integers below 2^53, u32/i32 where a GPU holds them.
// "Half up" rounds ties towards +infinity. Every function has one result for its inputs on every machine.

/** Largest and smallest i32. */
export const I32_MAX = 2_147_483_647
export const I32_MIN = -2_147_483_648

/** Exact powers of two, 2^0 .. 2^127. */
const POW2 = powersOfTwo(128)

/** `x` cut to i32. */
export function saturate32(x: number): number {
  return x > I32_MAX ? I32_MAX : x < I32_MIN ? I32_MIN : x
}

/** `x` cut to ±`bound`. */
export function clamp(x: number, bound: number): number {
  return x > bound ? bound : x < -bound ? -bound : x
}

/** Significant bits of a u32; 0 for 0. */
export function bitLength(u: number): number {
  return 32 - Math.clz32(u)
}

/** High word of the product of two u32. */
export function umulHigh(a: number, b: number): number {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  const middle1 = aLow * bHigh + Math.floor((aLow * bLow) / 65_536) // < 2^32
  const middle2 = aHigh * bLow + (middle1 % 65_536) // < 2^32
  return aHigh * bHigh + Math.floor(middle1 / 65_536) + Math.floor(middle2 / 65_536)
}

/** Low word of the product of two u32. */
export function umulLow(a: number, b: number): number {
  return Math.imul(a, b) >>> 0
}

/** sat32((a·b + 2^(s-1)) >> s) for i32 a, b and 1 <= s <= 62; s > 62 gives 0; s < 1 gives 0 if a·b = 0, else saturates by sign. */
export function mulShift(a: number, b: number, s: number): number {
  if (s > 62) return 0
  if (s < 1) return saturateBySign(a * b)
  if (s < 17) return roundShiftSmall(a * b, s)
  const upper = a * (b >> 16) + Math.floor((a * (b & 0xffff)) / 65_536) // floor(a·b / 2^16), |upper| <= 2^46
  return saturate32(Math.floor((upper + pow2(s - 17)) / pow2(s - 16)))
}

/**
 * sat32((sum·m + 2^(s-1)) >> s) for |sum| < 2^40, m in [2^30, 2^31) and 9 <= s <= 62: one rounding for both planes of an A16 sum.
 * s > 62 gives 0; s < 9 gives 0 if sum = 0, else saturates by sign.
 */
export function mulShiftWide(sum: number, m: number, s: number): number {
  if (s > 62) return 0
  if (s < 9) return saturateBySign(sum)
  if (s < 17) return roundShiftSmall(sum * m, s)
  if (Math.abs(sum) > 2 ** 37) return roundShiftBig(BigInt(sum) * BigInt(m), s)
  const upper = sum * (m >>> 16) + Math.floor((sum * (m & 0xffff)) / 65_536) // floor(sum·m / 2^16), |upper| <= 2^53
  return saturate32(Math.floor((upper + pow2(s - 17)) / pow2(s - 16)))
}

/** floor(n / d) for integers |n| < 2^53, 0 < d < 2^53. */
export function floorDivide(n: number, d: number): number {
  const quotient = Math.floor(n / d)
  const rest = n - quotient * d
  return rest < 0 ? quotient - 1 : rest >= d ? quotient + 1 : quotient
}

/** 2^n exactly, 0 <= n <= 127. */
export function pow2(n: number): number {
  return POW2[n] ?? Number.NaN
}

/** Significant bits of a BigInt >= 0; 0 for 0. */
export function bitLengthBig(x: bigint): number {
  return x === 0n ? 0 : x.toString(2).length
}

function saturateBySign(x: number): number {
  return x > 0 ? I32_MAX : x < 0 ? I32_MIN : 0
}

/** Rounding shift by s <= 16; a product too large for a double to be exact saturates anyway. */
function roundShiftSmall(product: number, s: number): number {
  if (Math.abs(product) >= pow2(s + 33)) return saturateBySign(product)
  return saturate32(Math.floor((product + pow2(s - 1)) / pow2(s)))
}

function roundShiftBig(product: bigint, s: number): number {
  const rounded = (product + (1n << BigInt(s - 1))) >> BigInt(s)
  return rounded > BigInt(I32_MAX) ? I32_MAX : rounded < BigInt(I32_MIN) ? I32_MIN : Number(rounded)
}

function powersOfTwo(count: number): Float64Array {
  const table = new Float64Array(count)
  for (let i = 0, power = 1; i < count; i++, power *= 2) table[i] = power
  return table
}
