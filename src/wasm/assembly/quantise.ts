// Rows of i32 -> quantised i16 rows with a scale each, padded with zeros to a multiple of 16; and RMSNorm in front of it.
import { clamp, mulScaleShift, mulShift, rsqrt } from './fixed'

const A16_MAX: i64 = 32639

/** Quantises `count` values at `x` (F fraction bits) to i16 at `q`, zero to `padded`; the scale goes to `scaleM`, `scaleE`. */
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
  if (bits == 16) {
    let t = 0
    while (roundShift(max, t) > A16_MAX) t++
    for (let i = 0; i < count; i++) {
      const y = <i64>load<i32>(x + ((<usize>i) << 2))
      const magnitude = <i32>roundShift(y < 0 ? -y : y, t)
      store<i16>(q + ((<usize>i) << 1), <i16>(y < 0 ? -magnitude : magnitude))
    }
    store<u32>(scaleM, 1 << 30)
    store<i32>(scaleE, 30 + F - t)
  } else quantise8(x, count, F, max, q, scaleM, scaleE)
  for (let i = count; i < padded; i++) store<i16>(q + ((<usize>i) << 1), 0)
}

/**
 * RMSNorm of a residual row, quantised. `y` is scratch for `count` i32. gain is Q30, its scale {gainM, gainE}; epsilon a u64 in two words.
 */
export function normQuantise(
  x: usize,
  count: i32,
  padded: i32,
  gain: usize,
  gainM: u32,
  gainE: i32,
  epsilonHigh: u32,
  epsilonLow: u32,
  bits: i32,
  y: usize,
  q: usize,
  scaleM: usize,
  scaleE: usize,
): void {
  // The sum of squares in 96 bits: squares are below 2^60, so their low words sum in 64 bits.
  let low: u64 = epsilonLow
  let upper: u64 = epsilonHigh
  for (let i = 0; i < count; i++) {
    const v = <i64>load<i32>(x + ((<usize>i) << 2))
    const square = <u64>(v * v)
    low += square & 0xffffffff
    upper += square >> 32
  }
  upper += low >> 32
  low &= 0xffffffff
  // v = floor(sum·2^-k) in [2^30, 2^32), k even.
  const length = upper != 0 ? 96 - <i32>clz<u64>(upper) : 64 - <i32>clz<u64>(low)
  const excess = length - 32
  const k = excess + (excess & 1)
  let v: u32
  if (k >= 32) v = <u32>(upper >> (k - 32))
  else if (k >= 0) v = <u32>(((upper << 32) | low) >> k)
  else v = <u32>(low << -k)

  const root = rsqrt(v)
  const zeros = <i32>clz<u32>(root)
  let rootM = root
  let rootE = 46 + k / 2
  if (zeros == 0) {
    rootM = root >> 1
    rootE -= 1
  } else {
    rootM = root << (zeros - 1)
    rootE += zeros - 1
  }

  const up = 30 - (64 - <i32>clz<u64>(<u64>maxMagnitude(x, count)))
  for (let i = 0; i < count; i++) {
    const at = (<usize>i) << 2
    store<i32>(y + at, mulShift((<i64>load<i32>(x + at)) << up, load<i32>(gain + at), 30))
  }
  quantise(y, count, padded, 0, bits, q, scaleM, scaleE)
  let m = load<u32>(scaleM)
  let e = load<i32>(scaleE)
  let shift = mulScaleShift(m, rootM)
  m = <u32>((<u64>m * <u64>rootM) >> shift)
  e = e + rootE - shift
  shift = mulScaleShift(m, gainM)
  store<u32>(scaleM, <u32>((<u64>m * <u64>gainM) >> shift))
  store<i32>(scaleE, e + gainE - shift + up)
}

/** x += y, both within ±bound, clamped; returns how many values reached the bound. */
export function addRow(x: usize, y: usize, count: i32, bound: i32): i32 {
  let saturated = 0
  for (let i = 0; i < count; i++) {
    const at = (<usize>i) << 2
    const sum = clamp(load<i32>(x + at) + load<i32>(y + at), bound)
    store<i32>(x + at, sum)
    saturated += i32(sum >= bound) | i32(sum <= -bound)
  }
  return saturated
}

/** Row of an int8 embedding with scale {m, e} -> i32 with F fraction bits. */
export function embed(row: usize, m: u32, e: i32, count: i32, F: i32, bound: i32, x: usize): void {
  for (let i = 0; i < count; i++)
    store<i32>(x + ((<usize>i) << 2), clamp(mulShift(load<i8>(row + <usize>i), m, e - F), bound))
}

function quantise8(x: usize, count: i32, F: i32, max: i64, q: usize, scaleM: usize, scaleE: usize): void {
  if (max == 0) {
    for (let i = 0; i < count; i++) store<i16>(q + ((<usize>i) << 1), 0)
    store<u32>(scaleM, 1 << 30)
    store<i32>(scaleE, 62)
    return
  }
  const length = 64 - <i32>clz<u64>(<u64>max)
  const shift = length > 23 ? length - 23 : 0
  const top = <u32>(max >> shift)
  for (let i = 0; i < count; i++) {
    const y = <i64>load<i32>(x + ((<usize>i) << 2))
    const magnitude = <i32>((254 * <u32>((y < 0 ? -y : y) >> shift) + top) / (2 * top))
    store<i16>(q + ((<usize>i) << 1), <i16>(y < 0 ? -magnitude : magnitude))
  }
  const zeros = <i32>clz<u32>(top)
  const m = top << (zeros - 1)
  const inverse127: u32 = 1082196484
  const scaleShift = mulScaleShift(m, inverse127)
  store<u32>(scaleM, <u32>((<u64>m * <u64>inverse127) >> scaleShift))
  store<i32>(scaleE, F - shift + zeros - 1 + 37 - scaleShift)
}

function maxMagnitude(x: usize, count: i32): i64 {
  let max: i64 = 0
  for (let i = 0; i < count; i++) {
    const y = <i64>load<i32>(x + ((<usize>i) << 2))
    const magnitude = y < 0 ? -y : y
    if (magnitude > max) max = magnitude
  }
  return max
}

function roundShift(magnitude: i64, t: i32): i64 {
  return t == 0 ? magnitude : (magnitude + ((<i64>1) << (t - 1))) >> t
}
