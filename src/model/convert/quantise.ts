// Float weights -> int8 rows with one scale each, norm gains and epsilon -> integers. The same source gives the same bytes anywhere.
import type { WeightMatrix } from '#tensor/exact/linear.ts'
import type { Gain } from '#tensor/exact/rms-norm.ts'
import { type Scale, ZERO_SCALE, mulScale } from '#tensor/exact/scale.ts'
import { fixedFromDouble, scaleByPowerOfTwo, scaleFromDouble, sqrtScale } from './scales.ts'

/** A gain with the scale of its largest magnitude, which bounds need and inference does not. */
export type ConvertedGain = Gain & { readonly max: Scale }

/** One row of weights -> q within ±127 written to `q`, and its scale: q = sign·floor((254·|w| + max) / (2·max)). */
export function quantiseWeightRow(row: Float32Array | Float64Array, q: Int8Array): Scale {
  let max = 0
  for (let i = 0; i < row.length; i++) max = Math.max(max, Math.abs(row[i] ?? 0))
  if (max === 0) {
    q.fill(0)
    return ZERO_SCALE
  }
  // Counted, not iterated: a model has a billion of them.
  for (let i = 0; i < row.length; i++) {
    const w = row[i] ?? 0
    const magnitude = Math.floor((254 * Math.abs(w) + max) / (2 * max))
    q[i] = w < 0 ? -magnitude : magnitude
  }
  return scaleFromDouble(max / 127)
}

/** Weights (rows, cols) -> int8 rows with scales, without bias. */
export function quantiseMatrix(weights: Float32Array | Float64Array, rows: number, cols: number): WeightMatrix {
  const q = new Int8Array(rows * cols)
  const m = new Int32Array(rows)
  const e = new Int32Array(rows)
  for (let n = 0; n < rows; n++) {
    const scale = quantiseWeightRow(weights.subarray(n * cols, (n + 1) * cols), q.subarray(n * cols, (n + 1) * cols))
    m[n] = scale.m
    e[n] = scale.e
  }
  return { rows, cols, q, m, e, bias: null }
}

/** RMSNorm gain (D) -> Q30 of g / max|g|, half away from zero, and the scale max|g|·sqrt(D). */
export function quantiseGain(gain: Float32Array | Float64Array): ConvertedGain {
  let top = 0
  for (const g of gain) top = Math.max(top, Math.abs(g))
  const max = top === 0 ? ZERO_SCALE : scaleFromDouble(top)
  const q = Int32Array.from(gain, (g) => (top === 0 ? 0 : fixedFromDouble(g / top, 30)))
  return { q, max, scale: mulScale(max, sqrtScale(gain.length)) }
}

/** RMSNorm epsilon as u64: round(D·eps·2^2F), at least 1 so that the sum of squares is never 0. */
export function quantiseEpsilon(eps: number, width: number, fractionBits: number): bigint {
  const value = BigInt(Math.floor(scaleByPowerOfTwo(width * eps, 2 * fractionBits) + 0.5))
  return value > 0n ? value : 1n
}
