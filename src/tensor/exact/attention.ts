// Attention of one query head: exact scores, unnormalised base-2 softmax in Q22, exact weighted sums, one division.
// Sums are over integers, so any tiling, paging and split of the keys gives the same bytes.
import { clamp, floorDivide, mulShiftWide } from './fixed.ts'
import { exp2neg } from './functions.ts'
import { dot } from './linear.ts'
import type { QuantisedRow } from './quantise.ts'
import { type Scale, mulScale } from './scale.ts'

/** Bound of a score in Q16 octaves. */
export const SCORE_MAX = 2 ** 30

/** Bound of |q|, |k| and |v| as they leave their projections. */
export const INT16_MAX = 32_767

/** What one head attended to; `out` has 8 more fraction bits than the values. */
export type AttentionRow = {
  readonly scores: Int32Array<ArrayBuffer>
  readonly weights: Uint32Array<ArrayBuffer>
  readonly total: number
  readonly out: Int32Array<ArrayBuffer>
}

/**
 * An A16 query over `count` keys (int8 or A16) and int16 values (hd). scoreScale = log2(e) / sqrt(hd).
 * count <= 65,536 keeps the sums below 2^53; a GPU holds them in 64 bits.
 */
export function attentionRow(
  query: QuantisedRow,
  keys: readonly QuantisedRow[],
  values: readonly Int32Array[],
  scoreScale: Scale,
  count = keys.length,
): AttentionRow {
  const queryScale = mulScale(query.scale, scoreScale)
  const scores = new Int32Array(count)
  for (let u = 0; u < count; u++) {
    const key = keys[u]
    if (key !== undefined) scores[u] = score(query, key, queryScale)
  }
  const weights = softmaxWeights(scores)
  const sums = new Float64Array(query.q.length)
  let total = 0
  for (let u = 0; u < count; u++) {
    const weight = weights[u] ?? 0
    if (weight === 0) continue
    total += weight
    const value = values[u]
    if (value === undefined) continue
    for (let c = 0; c < sums.length; c++) sums[c] = (sums[c] ?? 0) + weight * (value[c] ?? 0)
  }
  return { scores, weights, total, out: Int32Array.from(sums, (sum) => weightedMean(sum, total)) }
}

/** Score in Q16 octaves: the planes of query and key are combined exactly before the one rounding. */
export function score(query: QuantisedRow, key: QuantisedRow, queryScale: Scale): number {
  const scale = mulScale(queryScale, key.scale)
  return clamp(mulShiftWide(dot(query.q, key.q), scale.m, scale.e - 16), SCORE_MAX)
}

/** Scores (Q16 octaves) -> unnormalised weights in Q22; the largest is 2^22. */
export function softmaxWeights(scores: Int32Array): Uint32Array<ArrayBuffer> {
  let max = -SCORE_MAX
  for (const value of scores) max = Math.max(max, value)
  return Uint32Array.from(scores, (value) => (exp2neg(max - value) + 128) >>> 8)
}

/** floor((sum·2^8 + floor(total/2)) / total): the mean with 8 more fraction bits, rounded half up. |sum| < 2^54, 0 < total < 2^39. */
export function weightedMean(sum: number, total: number): number {
  if (Math.abs(sum) < 2 ** 44) return floorDivide(sum * 256 + Math.floor(total / 2), total)
  const numerator = BigInt(sum) * 256n + BigInt(Math.floor(total / 2))
  const denominator = BigInt(total)
  const quotient = numerator / denominator
  return Number(numerator % denominator < 0n ? quotient - 1n : quotient)
}
