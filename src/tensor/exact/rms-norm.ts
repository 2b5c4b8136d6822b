// RMSNorm in integers, quantised for the linear layer behind it.
import { bitLength, bitLengthBig, mulShift, pow2 } from './fixed.ts'
import { rsqrt } from './functions.ts'
import { type ActivationBits, type QuantisedRow, maxMagnitude, quantise } from './quantise.ts'
import { type Scale, mulScale, normScale } from './scale.ts'

/** A norm's gain: `q` is g / max|g| in Q30, `scale` is max|g|·sqrt(D). */
export type Gain = { readonly q: Int32Array<ArrayBuffer>; readonly scale: Scale }

/**
 * Residual row -> quantised x / rms(x)·g. `epsilon` is D·eps·2^2F, at least 1. The row's fraction bits cancel out:
 * y = mulShift(x << up, g, 30) with up = 30 - bitLength(max|x|) is quantised as integers.
 */
export function rmsNormRow(row: Int32Array, gain: Gain, epsilon: bigint, bits: ActivationBits): QuantisedRow {
  const inverseRoot = inverseRms(row, epsilon)
  const up = 30 - bitLength(maxMagnitude(row))
  const y = row.map((x, i) => mulShift(x * pow2(up), gain.q[i] ?? 0, 30))
  const quantised = quantise(Int32Array.from(y), 0, bits)
  const scale = mulScale(mulScale(quantised.scale, inverseRoot), gain.scale)
  return { ...quantised, scale: { m: scale.m, e: scale.e + up } }
}

/** 1 / sqrt(Σx² + epsilon) of a row, relative error 4e-9. */
export function inverseRms(row: Int32Array, epsilon: bigint): Scale {
  const { v, k } = normalise(sumOfSquares(row) + epsilon)
  return normScale(rsqrt(v), 46 + k / 2)
}

/** sum > 0 -> {v, k}: v = floor(sum·2^-k) in [2^30, 2^32), k even, negative for small sums. */
export function normalise(sum: bigint): { v: number; k: number } {
  const excess = bitLengthBig(sum) - 32
  const k = excess + (excess & 1) // the even number at or above: 31 or 32 bits remain
  return { v: Number(k >= 0 ? sum >> BigInt(k) : sum << BigInt(-k)), k }
}

/** Exact sum of squares, up to 2^74 for 2^14 values: two doubles of limbs, each below 2^53 for 2^20 values. */
export function sumOfSquares(row: Int32Array): bigint {
  let high = 0
  let middle = 0
  let low = 0
  for (const x of row) {
    const magnitude = Math.abs(x)
    const a = Math.floor(magnitude / 65_536) // <= 2^15
    const b = magnitude % 65_536
    high += a * a
    middle += 2 * a * b
    low += b * b
  }
  return (BigInt(high) << 32n) + (BigInt(middle) << 16n) + BigInt(low)
}
