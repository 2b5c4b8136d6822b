// The residual stream: i32 with F fraction bits, clamped to ±(2^30 - 1) after each addition.
import { clamp, mulShift } from './fixed.ts'
import type { WeightMatrix } from './linear.ts'

/** Bound of the residual, and of a projection before it is added to it: their i32 sum cannot wrap. */
export const RESIDUAL_MAX = 2 ** 30 - 1

/** Row `token` of an int8 embedding (V, D) -> residual row (D) with `fractionBits`. */
export function embeddingRow(table: WeightMatrix, token: number, fractionBits: number): Int32Array<ArrayBuffer> {
  const m = table.m[token] ?? 0
  const shift = (table.e[token] ?? 0) - fractionBits
  const q = table.q.subarray(token * table.cols, (token + 1) * table.cols)
  return Int32Array.from(q, (value) => clamp(mulShift(value, m, shift), RESIDUAL_MAX))
}

/** x + y, both within ±RESIDUAL_MAX, clamped again. */
export function addResidual(x: Int32Array, y: Int32Array): Int32Array<ArrayBuffer> {
  return Int32Array.from(x, (value, i) => clamp(value + (y[i] ?? 0), RESIDUAL_MAX))
}
