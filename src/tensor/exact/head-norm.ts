// The norm over one query or key head (Qwen3): between the projection, whose fraction is static, and the rotation, whose fraction is too.
import { INT16_MAX } from './attention.ts'
import { bitLength, clamp, mulShift, pow2 } from './fixed.ts'
import { maxMagnitude } from './quantise.ts'
import { inverseRms } from './rms-norm.ts'
import type { Gain } from './rms-norm.ts'
import { mulScale } from './scale.ts'

/**
 * A norm over the values of each head. `gain` is that of an RMSNorm of hd values; `epsilon` is round(hd·eps·2^2F) for a head with F fraction
 * bits, at least 1; `fractionBits` is the largest f <= 15 with sqrt(hd)·max|g| <= 32767·2^-f, since |x| / rms(x) is at most sqrt(hd).
 */
export type HeadNorm = { readonly gain: Gain; readonly epsilon: bigint; readonly fractionBits: number }

/**
 * Head (hd) of int16 -> x / rms(x)·g as int16 with the norm's fraction bits; those of the head cancel out. As in rms-norm.ts,
 * y = mulShift(x << up, g, 30) with up = 30 - bitLength(max|x|), real = y·s with s = mulScale(1/sqrt(Σx² + epsilon), gain.scale)·2^-up;
 * then, instead of quantising, one more rounding: out = clamp(mulShift(y, s.m, s.e - fractionBits), ±32767).
 */
export function headNormRow(head: Int32Array, { gain, epsilon, fractionBits }: HeadNorm): Int32Array<ArrayBuffer> {
  const up = 30 - bitLength(maxMagnitude(head))
  const scale = mulScale(inverseRms(head, epsilon), gain.scale)
  const shift = scale.e + up - fractionBits
  return Int32Array.from(head, (x, i) => {
    const y = mulShift(x * pow2(up), gain.q[i] ?? 0, 30)
    return clamp(mulShift(y, scale.m, shift), INT16_MAX)
  })
}
