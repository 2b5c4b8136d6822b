// Quantisation of activation rows: A8 with a scale of 31 bits, A16 with a power of two and planes hi, lo that are both int8.
import { bitLength, pow2 } from './fixed.ts'
import { INVERSE_127, type Scale, ZERO_SCALE, mulScale, normScale } from './scale.ts'

/** Bits of a quantised activation. */
export type ActivationBits = 8 | 16

/** One row: real = q·scale. The planes of an A16 row follow from q: hi = (q + 128) >> 8, lo = q - 256·hi. */
export type QuantisedRow = { readonly bits: ActivationBits; readonly q: Int16Array<ArrayBuffer>; readonly scale: Scale }

/** 127·257: the largest A16 magnitude whose two planes are both int8. */
export const A16_MAX = 32_639

/** Quantises a row of i32 with `fractionBits`. */
export function quantise(row: Int32Array, fractionBits: number, bits: ActivationBits): QuantisedRow {
  return bits === 8 ? quantise8(row, fractionBits) : quantise16(row, fractionBits)
}

/** Largest magnitude of a row; 0 for an empty one. */
export function maxMagnitude(row: Int32Array): number {
  let max = 0
  for (const value of row) max = Math.max(max, Math.abs(value))
  return max
}

/** Smallest t >= 0 with round_half_up(max·2^-t) <= 32,639; at most 17 for max <= 2^31. */
export function a16Shift(max: number): number {
  let t = 0
  while (roundShiftMagnitude(max, t) > A16_MAX) t++
  return t
}

/** A8: with sh = max(0, bitLength(max) - 23), q = sign·floor((254·(|y| >> sh) + top) / (2·top)), top = max >> sh; u32 suffices. */
function quantise8(row: Int32Array, fractionBits: number): QuantisedRow {
  const max = maxMagnitude(row)
  const q = new Int16Array(row.length)
  if (max === 0) return { bits: 8, q, scale: ZERO_SCALE }
  const shift = Math.max(0, bitLength(max) - 23)
  const top = max >>> shift
  for (const [i, y] of row.entries()) {
    const magnitude = Math.floor((254 * (Math.abs(y) >>> shift) + top) / (2 * top))
    q[i] = y < 0 ? -magnitude : magnitude
  }
  return { bits: 8, q, scale: mulScale(normScale(top, fractionBits - shift), INVERSE_127) }
}

/** A16: q = sign·((|y| + half) >> t); the scale is a power of two, so it multiplies exactly. */
function quantise16(row: Int32Array, fractionBits: number): QuantisedRow {
  const t = a16Shift(maxMagnitude(row))
  const q = new Int16Array(row.length)
  for (const [i, y] of row.entries()) {
    const magnitude = roundShiftMagnitude(Math.abs(y), t)
    q[i] = y < 0 ? -magnitude : magnitude
  }
  return { bits: 16, q, scale: { m: 2 ** 30, e: 30 + fractionBits - t } }
}

function roundShiftMagnitude(magnitude: number, t: number): number {
  return t === 0 ? magnitude : Math.floor((magnitude + pow2(t - 1)) / pow2(t))
}
