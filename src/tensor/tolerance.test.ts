import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { matmulF32 } from './cpu/matmul-f32.ts'
import { productSums } from './cpu/product-sums.ts'
import { TOLERANCES, canBothBeCorrect, isSubnormal } from './tolerance.ts'

const matmul = TOLERANCES['matmul-f32']
const size = { k: 100, magnitude: 8, subnormal: 0 }

describe('tolerances', () => {
  test('limit: twice the deviation accepted, the next number refused', () => {
    const most = 2 * matmul.deviation(size)
    const next = most * (1 + 2 ** -52)
    expect(canBothBeCorrect('matmul-f32', size, 0, most)).toBe(true)
    expect(canBothBeCorrect('matmul-f32', size, most, 0)).toBe(true)
    expect(canBothBeCorrect('matmul-f32', size, 0, next)).toBe(false)
    expect(canBothBeCorrect('matmul-f32', size, next, 0)).toBe(false)
  })

  test('limit: a magnitude below 2^127 is compared, 2^127 is not', () => {
    const below = { ...size, magnitude: 2 ** 127 * (1 - 2 ** -53) }
    expect(canBothBeCorrect('matmul-f32', below, 0, Infinity)).toBe(false)
    expect(canBothBeCorrect('matmul-f32', { ...size, magnitude: 2 ** 127 }, 0, Infinity)).toBe(true)
  })

  test('behaviour: NaN and infinities agree with nothing where a finite value is determined, themselves included', () => {
    for (const value of [Number.NaN, Infinity, -Infinity]) {
      expect(canBothBeCorrect('matmul-f32', size, value, 1)).toBe(false)
      expect(canBothBeCorrect('matmul-f32', size, value, value)).toBe(false)
    }
  })

  test('behaviour: with NaN or an infinity among the operands any two values agree', () => {
    for (const value of [Number.NaN, Infinity]) {
      const sumAt = productSums(Float32Array.of(value, 1), Float32Array.of(1, 1), { m: 1, k: 2, n: 1 })
      expect(matmul.isDetermined(sumAt(0))).toBe(false)
      expect(canBothBeCorrect('matmul-f32', sumAt(0), 5, Number.NaN)).toBe(true)
    }
  })

  test('behaviour: any two values within the deviation of a third agree', () => {
    const finite = fc.double({ min: -1e30, max: 1e30, noNaN: true })
    const share = fc.double({ min: -1, max: 1, noNaN: true })
    fc.assert(
      fc.property(finite, share, share, fc.integer({ min: 1, max: 32_768 }), (truth, x, y, k) => {
        const sum = { k, magnitude: Math.abs(truth), subnormal: 0 }
        const deviation = matmul.deviation(sum)
        const [first, second] = [Math.fround(truth + x * deviation), Math.fround(truth + y * deviation)]
        fc.pre(Math.abs(first - truth) <= deviation && Math.abs(second - truth) <= deviation)
        return canBothBeCorrect('matmul-f32', sum, first, second)
      }),
    )
  })

  test('behaviour: a kernel that takes subnormal operands and results for zero agrees with one that does not', () => {
    const tiny = 2 ** -130
    const a = Float32Array.of(tiny, 1, 2 ** -70)
    const b = Float32Array.of(2 ** 100, 2 ** -20, 2 ** -70)
    const shape = { m: 1, k: 3, n: 1 }
    const flushed = matmulF32(
      a.map((value) => (isSubnormal(value) ? 0 : value)),
      b,
      shape,
    )
    const kept = matmulF32(a, b, shape)
    expect(kept[0]).not.toBe(flushed[0])
    expect(canBothBeCorrect('matmul-f32', productSums(a, b, shape)(0), kept[0] ?? 0, flushed[0] ?? 0)).toBe(true)
  })

  test('behaviour: the magnitude of cancelling sums decides, not their result', () => {
    const a = Float32Array.of(1e8, 1, -1e8)
    const sumAt = productSums(a, Float32Array.of(1, 1, 1), { m: 1, k: 3, n: 1 })
    expect(canBothBeCorrect('matmul-f32', sumAt(0), 1, 0)).toBe(true)
    expect(canBothBeCorrect('matmul-f32', sumAt(0), 1, 1e4)).toBe(false)
  })

  test('limit: 2^-126 is normal, below it subnormal, zero is not', () => {
    expect(isSubnormal(2 ** -126)).toBe(false)
    expect(isSubnormal(-(2 ** -127))).toBe(true)
    expect(isSubnormal(0)).toBe(false)
  })
})
