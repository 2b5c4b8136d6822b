// Linear layers on int8 weights: exact sums, one rounding to the output's fraction bits, saturating bias, clamp.
import { clamp, mulShift, mulShiftWide, saturate32 } from './fixed.ts'
import type { QuantisedRow } from './quantise.ts'
import { mulScale } from './scale.ts'

/** int8 rows (N, K), one scale m·2^-e a row, and an optional bias with the output's fraction bits. */
export type WeightMatrix = {
  readonly rows: number
  readonly cols: number
  readonly q: Int8Array<ArrayBuffer>
  readonly m: Int32Array<ArrayBuffer>
  readonly e: Int32Array<ArrayBuffer>
  readonly bias: Int32Array<ArrayBuffer> | null
}

/** One row (K) times a matrix (N, K) -> i32 (N) with `fractionBits`, within ±`bound`. */
export function linearRow(
  row: QuantisedRow,
  weights: WeightMatrix,
  fractionBits: number,
  bound: number,
): Int32Array<ArrayBuffer> {
  const out = new Int32Array(weights.rows)
  for (let n = 0; n < weights.rows; n++) {
    const sum = dot(row.q, weights.q, n * weights.cols)
    const scale = mulScale(row.scale, { m: weights.m[n] ?? 0, e: weights.e[n] ?? 0 })
    const shift = scale.e - fractionBits
    const y = row.bits === 16 ? mulShiftWide(sum, scale.m, shift) : mulShift(sum, scale.m, shift)
    out[n] = clamp(weights.bias === null ? y : addBias(y, weights.bias[n] ?? 0), bound)
  }
  return out
}

/** Sum of a[k]·b[offset + k] over a: exact, below 2^40 for K <= 131,071 A16 or A8 activations. */
export function dot(a: Int16Array, b: Int8Array | Int16Array, offset = 0): number {
  let sum = 0
  for (let k = 0; k < a.length; k++) sum += (a[k] ?? 0) * (b[offset + k] ?? 0)
  return sum
}

/** Saturating sum. */
export function addBias(y: number, bias: number): number {
  return saturate32(y + bias)
}
