// Transcendental functions in integers: 2^-t, 1/sqrt, 1/x, the logistic function. Newton steps in u32 from a linear seed, as WGSL does them.
import { mulShift, umulHigh, umulLow } from './fixed.ts'
import { EXP2_TABLE, LOG2E_Q30 } from './tables.ts'

/** u32 t in Q16 -> 2^-t in Q30, absolute error below 2e-6; 0 from t = 31 on. */
export function exp2neg(t: number): number {
  const octaves = t >>> 16
  if (octaves >= 31) return 0
  const i = (t >>> 8) & 255
  const here = EXP2_TABLE[i] ?? 0
  const step = here - (EXP2_TABLE[i + 1] ?? 0) // <= 2,903,410
  return (here - ((step * (t & 255)) >>> 8)) >>> octaves
}

/** v in [2^30, 2^32) -> about 2^46 / sqrt(v), relative error below 4e-9: Newton on Y·(3 - Y²v) / 2. */
export function rsqrt(v: number): number {
  let y = 2_362_232_013 - Math.floor(v / 3)
  for (let step = 0; step < 5; step++) {
    const factor = 805_306_368 - umulHigh(umulHigh(y, y), v) // 3·2^28 - Y²·v in Q28
    y = ((umulHigh(y, factor) << 3) | (umulLow(y, factor) >>> 29)) >>> 0
  }
  return y
}

/** d in [2^30, 2^31] -> about 2^61 / d in [2^30, 2^31], relative error below 1e-8. */
export function reciprocal(d: number): number {
  let r = 3_031_741_621 - 2 * umulHigh(d, 2_021_161_080) // 48/17 - 32/17·(d / 2^31), Q30
  for (let step = 0; step < 3; step++) {
    const factor = 1_073_741_824 - umulHigh(d, r) // 2 - d·r / 2^61 in Q29
    r = ((umulHigh(r, factor) << 3) | (umulLow(r, factor) >>> 29)) >>> 0
  }
  return r
}

/** Q16 x within ±(2^26 - 1) -> logistic(x) in Q30. With E = 2^(-|x|·log2 e): 1/(1+E) for x >= 0, E/(1+E) below. */
export function sigmoid(x: number): number {
  const e = exp2neg(mulShift(Math.abs(x), LOG2E_Q30, 30))
  const r = reciprocal(1_073_741_824 + e) // Q31 of 1/(1+E)
  if (x >= 0) return Math.min(r >>> 1, 1_073_741_824)
  return ((umulHigh(e, r) << 1) | (umulLow(e, r) >>> 31)) >>> 0
}

/** SiLU, Q16 -> Q16. */
export function silu(x: number): number {
  return mulShift(x, sigmoid(x), 30)
}
