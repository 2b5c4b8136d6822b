// Rotary frequencies in doubles, by the formulas of Hugging Face's rope types: what the rational ones are measured against.
import type { RopeConfig, RopeScaling } from '#model/formats/rope-config.ts'

/** Frequencies of the pairs, scaled, and what cos and sin are multiplied by. */
export type FloatRope = { readonly frequencies: readonly number[]; readonly attentionFactor: number }

/** Frequencies for heads of `headDim` values. */
export function floatRope({ theta, scaling }: RopeConfig, headDim: number): FloatRope {
  const plain = Array.from({ length: headDim / 2 }, (_, j) => theta ** ((-2 * j) / headDim))
  switch (scaling?.type) {
    case undefined:
      return { frequencies: plain, attentionFactor: 1 }
    case 'linear':
      return { frequencies: plain.map((f) => f / scaling.factor), attentionFactor: 1 }
    case 'llama3':
      return { frequencies: plain.map((f) => llama3(f, scaling)), attentionFactor: 1 }
    case 'yarn':
      return {
        frequencies: yarn(plain, theta, headDim, scaling),
        attentionFactor: scaling.attentionFactor ?? (scaling.factor <= 1 ? 1 : 0.1 * Math.log(scaling.factor) + 1),
      }
  }
}

function llama3(frequency: number, scaling: Extract<RopeScaling, { type: 'llama3' }>): number {
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalPositions } = scaling
  const wavelength = (2 * Math.PI) / frequency
  if (wavelength > originalPositions / low) return frequency / factor
  if (wavelength < originalPositions / high) return frequency
  const smooth = (originalPositions / wavelength - low) / (high - low)
  return ((1 - smooth) * frequency) / factor + smooth * frequency
}

function yarn(
  plain: readonly number[],
  theta: number,
  headDim: number,
  scaling: Extract<RopeScaling, { type: 'yarn' }>,
): number[] {
  const pair = (turns: number) =>
    (headDim * Math.log(scaling.originalPositions / (turns * 2 * Math.PI))) / (2 * Math.log(theta))
  const whole = (value: number, round: (x: number) => number) => (scaling.truncate ? round(value) : value)
  const low = Math.max(0, whole(pair(scaling.betaFast), Math.floor))
  const last = Math.min(headDim - 1, whole(pair(scaling.betaSlow), Math.ceil))
  const high = last === low ? last + 0.001 : last
  return plain.map((f, j) => {
    const ramp = Math.min(1, Math.max(0, (j - low) / (high - low)))
    return (f / scaling.factor) * ramp + f * (1 - ramp)
  })
}
