// RMSNorm: of a residual row, quantised for the linear layer behind it, and of one head.
import { clamp, mulScaleShift, mulShift, rsqrt } from './fixed'
import { maxMagnitude, quantise } from './quantise'
import { Norm } from './records'
import { mulShift4 } from './vector'

/** The scale of 1/sqrt(Σx² + epsilon), as inverseRms leaves it. */
let rootM: u32 = 0
let rootE: i32 = 0

/** RMSNorm of `count` values at `x`, quantised to `q` up to `padded`. `y` is scratch for count i32. */
export function normQuantise(
  x: usize,
  count: i32,
  padded: i32,
  norm: Norm,
  bits: i32,
  y: usize,
  q: usize,
  scaleM: usize,
  scaleE: usize,
): void {
  inverseRms(x, count, norm)
  const up = 30 - (32 - <i32>clz<u32>(maxMagnitude(x, count)))
  scaleByGain(x, count, up, norm.q, y)
  quantise(y, count, padded, 0, bits, q, scaleM, scaleE)
  let m = load<u32>(scaleM)
  let e = load<i32>(scaleE)
  let shift = mulScaleShift(m, rootM)
  m = <u32>((<u64>m * <u64>rootM) >> shift)
  e = e + rootE - shift
  shift = mulScaleShift(m, norm.m)
  store<u32>(scaleM, <u32>((<u64>m * <u64>norm.m) >> shift))
  store<i32>(scaleE, e + norm.e - shift + up)
}

/** The norm over one head of `count` values, in place, to int16 with F fraction bits. */
export function normHead(head: usize, count: i32, norm: Norm, F: i32): void {
  inverseRms(head, count, norm)
  const up = 30 - (32 - <i32>clz<u32>(maxMagnitude(head, count)))
  const shift = mulScaleShift(rootM, norm.m)
  const m = <i64>((<u64>rootM * <u64>norm.m) >> shift)
  const s = rootE + norm.e - shift + up - F
  scaleByGain(head, count, up, norm.q, head)
  for (let i = 0; i < count; i++) {
    const at = head + ((<usize>i) << 2)
    store<i32>(at, clamp(mulShift(<i64>load<i32>(at), m, s), 32767))
  }
}

/** y = mulShift(x << up, gain, 30); |x << up| and |gain| are at most 2^30. */
function scaleByGain(x: usize, count: i32, up: i32, gain: usize, y: usize): void {
  let i = 0
  for (; i + 4 <= count; i += 4) {
    const at = (<usize>i) << 2
    v128.store(y + at, mulShift4(i32x4.shl(v128.load(x + at), up), v128.load(gain + at), 30))
  }
  for (; i < count; i++) {
    const at = (<usize>i) << 2
    store<i32>(y + at, mulShift((<i64>load<i32>(x + at)) << up, load<i32>(gain + at), 30))
  }
}

/** Sets rootM and rootE. The sum of squares has 96 bits: squares are below 2^62, so their low and high words sum in 64 bits each. */
function inverseRms(x: usize, count: i32, norm: Norm): void {
  const mask = i64x2.splat(0xffffffff)
  let lows = i64x2.splat(0)
  let highs = i64x2.splat(0)
  let i = 0
  for (; i + 4 <= count; i += 4) {
    const v = v128.load(x + ((<usize>i) << 2))
    const a = i64x2.extmul_low_i32x4_s(v, v)
    const b = i64x2.extmul_high_i32x4_s(v, v)
    lows = i64x2.add(lows, i64x2.add(v128.and(a, mask), v128.and(b, mask)))
    highs = i64x2.add(highs, i64x2.add(i64x2.shr_u(a, 32), i64x2.shr_u(b, 32)))
  }
  let low = <u64>norm.epsilonLow + <u64>(i64x2.extract_lane(lows, 0) + i64x2.extract_lane(lows, 1))
  let upper = <u64>norm.epsilonHigh + <u64>(i64x2.extract_lane(highs, 0) + i64x2.extract_lane(highs, 1))
  for (; i < count; i++) {
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
  rootM = zeros == 0 ? root >> 1 : root << (zeros - 1)
  rootE = 46 + k / 2 + zeros - 1
}
