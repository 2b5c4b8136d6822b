// Scaled rotary frequencies from rational arithmetic against the formulas in doubles, and fixed digits of each.
import { describe, expect, test } from 'vitest'
import { logarithm } from '#model/convert/logarithm.ts'
import { attentionScale, describeRope, ropeFor, scaledFrequencies } from '#model/convert/rope.ts'
import { scoreScale } from '#model/convert/scales.ts'
import type { RopeConfig, RopeScaling } from '#model/formats/rope-config.ts'
import { anglesAt } from '#tensor/exact/rope.ts'
import { floatRope } from '#model/convert/float-rope.ts'

const LLAMA3: RopeScaling = {
  type: 'llama3',
  factor: 8,
  lowFrequencyFactor: 1,
  highFrequencyFactor: 4,
  originalPositions: 8192,
}
const YARN: RopeScaling = {
  type: 'yarn',
  factor: 4,
  originalPositions: 32_768,
  betaFast: 32,
  betaSlow: 1,
  truncate: true,
  attentionFactor: null,
}
const CASES: readonly [string, RopeConfig, number][] = [
  ['plain', { theta: 10_000, scaling: null }, 128],
  ['a theta that is no integer', { theta: 10_000.25, scaling: null }, 24],
  ['linear', { theta: 10_000, scaling: { type: 'linear', factor: 2.5 } }, 64],
  ['llama3', { theta: 500_000, scaling: LLAMA3 }, 128],
  ['llama3 of the smaller models', { theta: 500_000, scaling: { ...LLAMA3, factor: 32 } }, 64],
  ['yarn', { theta: 1_000_000, scaling: YARN }, 128],
  ['yarn, ends of the ramp between pairs', { theta: 1_000_000, scaling: { ...YARN, truncate: false } }, 128],
  ['yarn, a short original context', { theta: 10_000, scaling: { ...YARN, originalPositions: 16, factor: 1.5 } }, 16],
  ['yarn, its own attention factor', { theta: 10_000, scaling: { ...YARN, attentionFactor: 1.25 } }, 64],
]

const real = (fixed: bigint) => Number(fixed >> 64n) / 2 ** 64

describe('scaled rotary frequencies', () => {
  test.each(CASES)('behaviour: %s, within 1e-12 of the formula', (_, rope, headDim) => {
    const { frequencies, attentionFactor } = floatRope(rope, headDim)
    const exact = scaledFrequencies(rope, headDim / 2)
    for (const [j, expected] of frequencies.entries())
      expect(Math.abs(real(exact[j] ?? 0n) / expected - 1)).toBeLessThan(1e-12)
    const scale = attentionScale(scoreScale(headDim), rope)
    const expected = (attentionFactor ** 2 * Math.LOG2E) / Math.sqrt(headDim)
    expect(Math.abs((scale.m * 2 ** -scale.e) / expected - 1)).toBeLessThan(1e-8)
  })

  test.each(CASES)('behaviour: %s, angles of far positions', (_, rope, headDim) => {
    const tables = ropeFor(rope, headDim, 2048)
    const { frequencies } = floatRope(rope, headDim)
    for (const position of [1, 255, 256, 2047]) {
      const { cos, sin } = anglesAt(tables, position)
      for (const [j, frequency] of frequencies.entries()) {
        expect(Math.abs((cos[j] ?? 0) / 32_768 - Math.cos(position * frequency))).toBeLessThan(2e-5)
        expect(Math.abs((sin[j] ?? 0) / 32_768 - Math.sin(position * frequency))).toBeLessThan(2e-5)
      }
    }
  })

  test('vector: pair 30 of 64 in Q128', () => {
    const digits = (scaling: RopeScaling | null) =>
      scaledFrequencies({ theta: 500_000, scaling }, 64)[30]?.toString(16) ?? ''
    expect(digits(null)).toBe('8baa40b703eb60e4f72f681f29e0f9')
    expect(digits({ type: 'linear', factor: 3 })).toBe('2e8e159256a3caf6fd0fcd5fb8a053')
    expect(digits(LLAMA3)).toBe('59e88e01d310ac89bf1b1143105230')
    expect(digits(YARN)).toBe('68bfb08942f088abb9638e175f68ba')
  })

  test('vector: logarithms in Q128', () => {
    expect(logarithm(1n << 128n)).toBe(0n)
    expect(logarithm(2n << 128n).toString(16)).toBe('b17217f7d1cf79abc9e3b39803f2f6af')
    expect(real(logarithm(10n << 128n))).toBeCloseTo(Math.LN10, 14)
    expect(-real(-logarithm(1n << 120n))).toBeCloseTo(-8 * Math.LN2, 14)
    expect(() => logarithm(0n)).toThrow(RangeError)
  })

  test('behaviour: a file tells the parameters as text', () => {
    expect(describeRope({ theta: 500_000.5, scaling: null })).toEqual({ type: 'default', theta: '500000.5' })
    expect(describeRope({ theta: 10_000, scaling: YARN })).toMatchObject({ factor: '4', attentionFactor: 'default' })
  })
})
