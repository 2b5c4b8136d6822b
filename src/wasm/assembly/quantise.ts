// Rows of i32 -> quantised i16 rows with a scale each, padded with zeros.
import { mulScaleShift } from './fixed'

const A16_MAX: u32 = 32639

/** Quantises `count` values at `x` (F fraction bits) to i16 at `q`, zeros up to `padded`; the scale goes to `scaleM`, `scaleE`. */
export function quantise(
  x: usize,
  count: i32,
  padded: i32,
  F: i32,
  bits: i32,
  q: usize,
  scaleM: usize,
  scaleE: usize,
): void {
  const max = maxMagnitude(x, count)
  for (let i = count; i < padded; i++) store<i16>(q + ((<usize>i) << 1), 0)
  if (bits == 8) return quantise8(x, count, F, max, q, scaleM, scaleE)
  let t = 0
  while (roundShift(max, t) > A16_MAX) t++
  store<u32>(scaleM, 1 << 30)
  store<i32>(scaleE, 30 + F - t)
  const half = i32x4.splat(t == 0 ? 0 : 1 << (t - 1))
  let i = 0
  for (; i + 4 <= count; i += 4) {
    const y = v128.load(x + ((<usize>i) << 2))
    const sign = i32x4.shr_s(y, 31)
    const magnitude = i32x4.shr_u(i32x4.add(i32x4.abs(y), half), t)
    const signed = i32x4.sub(v128.xor(magnitude, sign), sign)
    v128.store_lane<i64>(q + ((<usize>i) << 1), i16x8.narrow_i32x4_s(signed, signed), 0)
  }
  for (; i < count; i++) {
    const y = load<i32>(x + ((<usize>i) << 2))
    const magnitude = <i32>roundShift(<u32>abs(y), t)
    store<i16>(q + ((<usize>i) << 1), <i16>(y < 0 ? -magnitude : magnitude))
  }
}

/** Largest magnitude of `count` i32. */
export function maxMagnitude(x: usize, count: i32): u32 {
  let top = i32x4.splat(0)
  let i = 0
  for (; i + 4 <= count; i += 4) top = i32x4.max_u(top, i32x4.abs(v128.load(x + ((<usize>i) << 2))))
  top = i32x4.max_u(top, v128.shuffle<i32>(top, top, 2, 3, 0, 1))
  top = i32x4.max_u(top, v128.shuffle<i32>(top, top, 1, 0, 3, 2))
  let max = <u32>i32x4.extract_lane(top, 0)
  for (; i < count; i++) max = maxOf(max, <u32>abs(load<i32>(x + ((<usize>i) << 2))))
  return max
}

function quantise8(x: usize, count: i32, F: i32, max: u32, q: usize, scaleM: usize, scaleE: usize): void {
  if (max == 0) {
    memory.fill(q, 0, (<usize>count) << 1)
    store<u32>(scaleM, 1 << 30)
    store<i32>(scaleE, 62)
    return
  }
  const length = 32 - <i32>clz<u32>(max)
  const shift = length > 23 ? length - 23 : 0
  const top = max >> shift
  for (let i = 0; i < count; i++) {
    const y = load<i32>(x + ((<usize>i) << 2))
    const magnitude = <i32>((254 * (<u32>abs(y) >> shift) + top) / (2 * top))
    store<i16>(q + ((<usize>i) << 1), <i16>(y < 0 ? -magnitude : magnitude))
  }
  const zeros = <i32>clz<u32>(top)
  const m = top << (zeros - 1)
  const inverse127: u32 = 1082196484
  const scaleShift = mulScaleShift(m, inverse127)
  store<u32>(scaleM, <u32>((<u64>m * <u64>inverse127) >> scaleShift))
  store<i32>(scaleE, F - shift + zeros - 1 + 37 - scaleShift)
}

function maxOf(a: u32, b: u32): u32 {
  return a > b ? a : b
}

function roundShift(magnitude: u32, t: i32): u32 {
  return t == 0 ? magnitude : <u32>((<u64>magnitude + ((<u64>1) << (t - 1))) >> t)
}
