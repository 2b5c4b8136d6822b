// Static bounds of projections behind a norm, by Cauchy-Schwarz: they fix the fraction bits of Q, K, V and of gate·up without calibration
// and without saturation.
import type { WeightMatrix } from '#tensor/exact/linear.ts'
import { INT16_MAX } from '#tensor/exact/attention.ts'
import type { Scale } from '#tensor/exact/scale.ts'
import { ceilSqrt } from '#tensor/exact/tables.ts'
import type { ConvertedGain } from './quantise.ts'
import { decompose } from './scales.ts'

/** |y_c| <= bounds[c]·2^-bits for every channel c. */
export type ChannelBounds = { readonly bounds: readonly bigint[]; readonly bits: number }

const BOUND_BITS = 200
const MAX_STATIC_BITS = 15

/** Bound of each channel of W·(g∘x/rms(x)) + b: ceil(sqrt(D·Σ(q·g)²))·m_w·m_g·2^(bits - e_w - e_g - 30) + |b|, rounded up. */
export function channelBounds(
  weights: WeightMatrix,
  gain: ConvertedGain,
  bias: Float32Array | Float64Array | null,
): ChannelBounds {
  const width = gain.q.length
  const bounds = Array.from(weights.m, (m, c) => {
    const norm = ceilSqrt(BigInt(width) * sumOfProducts(weights, gain, c)) * BigInt(m) * BigInt(gain.max.m)
    const product = ceilShift(norm, BOUND_BITS - (weights.e[c] ?? 0) - gain.max.e - 30)
    const b = bias?.[c] ?? 0
    if (b === 0) return product
    const { mantissa, exponent } = decompose(Math.abs(b))
    return product + ceilShift(mantissa, BOUND_BITS + exponent)
  })
  return { bounds, bits: BOUND_BITS }
}

/** The bound that a scale itself is: of a normalised head, whose gain's scale is max|g|·sqrt(hd). */
export function scaleBound({ m, e }: Scale): ChannelBounds {
  return { bounds: [ceilShift(BigInt(m), BOUND_BITS - e)], bits: BOUND_BITS }
}

/** Largest F <= 15 with every bound <= 32767·2^-F: the fraction bits of Q, K or V, before or behind a norm. May be negative. */
export function staticFractionBits({ bounds, bits }: ChannelBounds): number {
  const worst = largest(bounds)
  const fits = (f: number) =>
    (f >= 0 ? worst << BigInt(f) : worst) <= BigInt(INT16_MAX) << BigInt(f >= 0 ? bits : bits - f)
  let fraction = MAX_STATIC_BITS
  while (!fits(fraction)) fraction--
  return fraction
}

/** Largest Fm <= 15 with min(|gate|, 1024)·min(|up|, 1024)·2^Fm < 2^31 for every channel: 10 .. 15. */
export function productFractionBits(gate: ChannelBounds, up: ChannelBounds): number {
  const cap = 1024n << BigInt(gate.bits)
  const capped = (bound: bigint) => (bound < cap ? bound : cap)
  const worst = largest(gate.bounds.map((bound, c) => capped(bound) * capped(up.bounds[c] ?? 0n)))
  let fraction = MAX_STATIC_BITS
  while (worst << BigInt(fraction) >= 1n << BigInt(31 + 2 * gate.bits)) fraction--
  return fraction
}

/** Σ(q·g)² over a row, exactly: |q·g| <= 127·2^30 splits into limbs that doubles add without rounding for 2^15 columns. */
function sumOfProducts(weights: WeightMatrix, gain: ConvertedGain, row: number): bigint {
  let high = 0
  let middle = 0
  let low = 0
  for (let i = 0; i < weights.cols; i++) {
    const product = Math.abs((weights.q[row * weights.cols + i] ?? 0) * (gain.q[i] ?? 0)) // < 2^37
    const a = Math.floor(product / 2 ** 19)
    const b = product % 2 ** 19
    high += a * a
    middle += 2 * a * b
    low += b * b
  }
  return (BigInt(high) << 38n) + (BigInt(middle) << 19n) + BigInt(low)
}

function largest(values: readonly bigint[]): bigint {
  return values.reduce((a, b) => (a > b ? a : b), 0n)
}

function ceilShift(value: bigint, left: number): bigint {
  return left >= 0 ? value << BigInt(left) : -(-value >> BigInt(-left))
}
