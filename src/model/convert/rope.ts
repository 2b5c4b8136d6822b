// Frequencies of scaled rotary embeddings in Q128, from rational numbers alone: a double of a config is the exact rational that it is, and
// pi and the logarithms are BigInt series. The formulas are those of Hugging Face's rope types of the same names.
import { mulScale, type Scale } from '#tensor/exact/scale.ts'
import { FREQUENCY_BITS, type RopeTables, TWO_PI, ropeFrequencies, ropeTables } from '#tensor/exact/tables.ts'
import type { RopeConfig, RopeScaling } from '#model/formats/rope-config.ts'
import { logarithm } from './logarithm.ts'
import { decompose, scaleFromBig } from './scales.ts'

/** A positive rational number. */
type Rational = { readonly numerator: bigint; readonly denominator: bigint }

const ONE = 1n << FREQUENCY_BITS

/** RoPE tables of a model for `positions` positions. */
export function ropeFor(rope: RopeConfig, headDim: number, positions: number): RopeTables {
  return ropeTables(scaledFrequencies(rope, headDim / 2), Math.ceil(positions / 256))
}

/** Frequencies of `pairs` pairs in Q128, scaled. */
export function scaledFrequencies({ theta, scaling }: RopeConfig, pairs: number): bigint[] {
  const plain = ropeFrequencies(rational(theta), pairs)
  switch (scaling?.type) {
    case undefined:
      return plain
    case 'linear':
      return plain.map((frequency) => divide(frequency, scaling.factor))
    case 'llama3':
      return plain.map((frequency) => llama3(frequency, scaling))
    case 'yarn':
      return yarn(plain, theta, scaling)
  }
}

/** What scores are multiplied by besides 1/sqrt(headDim): with yarn the square of its attention factor. */
export function attentionScale(scoreScale: Scale, { scaling }: RopeConfig): Scale {
  if (scaling?.type !== 'yarn') return scoreScale
  const factor = attentionFactor(scaling)
  return mulScale(scoreScale, scaleFromBig(factor * factor, 2 * Number(FREQUENCY_BITS)))
}

/** The rotary parameters as a model file tells them: names and numbers as text. */
export function describeRope({ theta, scaling }: RopeConfig): Record<string, string> {
  const { type, ...numbers } = scaling ?? { type: 'default' }
  const texts = Object.entries(numbers).map(([name, value]) => [name, String(value ?? 'default')])
  return { type, theta: String(theta), ...Object.fromEntries(texts) }
}

/**
 * Slow pairs (fewer than `low` turns over the original context) are slowed down by the factor, fast ones (more than `high`) stay,
 * and between the two the frequency is a weighted mean: s·f + (1 - s)·f/factor with s = (turns - low) / (high - low).
 */
function llama3(frequency: bigint, scaling: Extract<RopeScaling, { type: 'llama3' }>): bigint {
  const slow = divide(frequency, scaling.factor)
  const turns = (multiply(frequency, scaling.originalPositions) << FREQUENCY_BITS) / TWO_PI
  const [low, high] = [fixed(scaling.lowFrequencyFactor), fixed(scaling.highFrequencyFactor)]
  if (turns <= low) return slow
  if (turns >= high) return frequency
  return mix(slow, frequency, ((turns - low) << FREQUENCY_BITS) / (high - low))
}

/** The same with a ramp over the numbers of the pairs, between those that turn `betaFast` and `betaSlow` times over the original context. */
function yarn(plain: readonly bigint[], theta: number, scaling: Extract<RopeScaling, { type: 'yarn' }>): bigint[] {
  const last = fixed(2 * plain.length - 1)
  const at = (turns: number) => pairThatTurns(turns, plain.length, theta, scaling.originalPositions)
  const [fast, slow] = [at(scaling.betaFast), at(scaling.betaSlow)]
  const low = larger(0n, scaling.truncate ? floor(fast) : fast)
  let high = smaller(last, scaling.truncate ? -floor(-slow) : slow)
  if (low === high) high += ONE / 1000n
  return plain.map((frequency, j) => {
    const ramp = ((fixed(j) - low) << FREQUENCY_BITS) / (high - low)
    return mix(frequency, divide(frequency, scaling.factor), smaller(ONE, larger(0n, ramp)))
  })
}

/** Number (Q128) of the pair that turns `turns` times over `positions`: pairs·ln(positions / (turns·2·pi)) / ln(theta). */
function pairThatTurns(turns: number, pairs: number, theta: number, positions: number): bigint {
  const ratio = (fixed(positions) << FREQUENCY_BITS) / multiply(TWO_PI, turns)
  return (BigInt(pairs) * (logarithm(ratio) << FREQUENCY_BITS)) / logarithm(fixed(theta))
}

/** 0.1·ln(factor) + 1 in Q128, or the number that the config gives instead; 1 when nothing is extended. */
function attentionFactor({ attentionFactor: given, factor }: Extract<RopeScaling, { type: 'yarn' }>): bigint {
  if (given !== null) return fixed(given)
  return factor <= 1 ? ONE : ONE + logarithm(fixed(factor)) / 10n
}

/** (1 - share)·from + share·to. */
function mix(from: bigint, to: bigint, share: bigint): bigint {
  return (from * (ONE - share) + to * share) >> FREQUENCY_BITS
}

function rational(x: number): Rational {
  const { mantissa, exponent } = decompose(x)
  return exponent >= 0
    ? { numerator: mantissa << BigInt(exponent), denominator: 1n }
    : { numerator: mantissa, denominator: 1n << BigInt(-exponent) }
}

/** A double in Q128. */
function fixed(x: number): bigint {
  return multiply(ONE, x)
}

function multiply(value: bigint, by: number): bigint {
  const { numerator, denominator } = rational(by)
  return (value * numerator) / denominator
}

function divide(value: bigint, by: number): bigint {
  const { numerator, denominator } = rational(by)
  return (value * denominator) / numerator
}

function floor(value: bigint): bigint {
  return (value >> FREQUENCY_BITS) << FREQUENCY_BITS
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
