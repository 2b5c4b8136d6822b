// Scales {m, e}: the real number m·2^-e with m in [2^30, 2^31). Products truncate, so the order of factors is part of the format.
import { pow2, umulHigh, umulLow } from './fixed.ts'

/** A positive real number with 31 significant bits. */
export type Scale = { readonly m: number; readonly e: number }

/** Scale of a row of zeros. */
export const ZERO_SCALE: Scale = { m: 2 ** 30, e: 62 }

/** 1/127. */
export const INVERSE_127: Scale = { m: 1_082_196_484, e: 37 }

/** The scale of v·2^-e for u32 v > 0; v >= 2^31 loses its lowest bit. */
export function normScale(v: number, e: number): Scale {
  const zeros = Math.clz32(v)
  if (zeros === 0) return { m: v >>> 1, e: e - 1 }
  return { m: v * pow2(zeros - 1), e: e + zeros - 1 }
}

/** Product of two scales, truncated to 31 bits. Not associative. Exact if one m is 2^30. */
export function mulScale(a: Scale, b: Scale): Scale {
  const high = umulHigh(a.m, b.m) // the product is in [2^60, 2^62)
  const low = umulLow(a.m, b.m)
  if (high >= 2 ** 29) return { m: ((high << 1) | (low >>> 31)) >>> 0, e: a.e + b.e - 31 }
  return { m: ((high << 2) | (low >>> 30)) >>> 0, e: a.e + b.e - 30 }
}
