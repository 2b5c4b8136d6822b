// The norm over heads against the formula in doubles, and at its edges.
import { describe, expect, test } from 'vitest'
import { randomInt, seededRandom } from '#core/random.ts'
import { type HeadNorm, headNormRow } from './head-norm.ts'

/** A gain of 1 up to 0.5 below, as a converted norm has it: max|g| = 1, scale sqrt(4) = 2. */
const NORM: HeadNorm = {
  gain: { q: Int32Array.of(2 ** 30, 2 ** 29, 2 ** 30, -(2 ** 30)), scale: { m: 2 ** 30, e: 29 } },
  epsilon: 1n,
  fractionBits: 14,
}

function inDoubles(head: readonly number[], { gain, epsilon, fractionBits }: HeadNorm): number[] {
  const rms = Math.sqrt(head.reduce((sum, x) => sum + x * x, Number(epsilon)) / head.length)
  return head.map((x, i) => (x / rms) * ((gain.q[i] ?? 0) / 2 ** 30) * 2 ** fractionBits)
}

describe('norm over a head', () => {
  test('behaviour: within half a unit of the formula, whatever the size of the head', () => {
    const random = seededRandom('head norm')
    for (const bound of [40, 1000, 32_767])
      for (let i = 0; i < 200; i++) {
        const head = Array.from({ length: 4 }, () => randomInt(random, 2 * bound + 1) - bound)
        head[0] ||= 1
        const out = headNormRow(Int32Array.from(head), NORM)
        for (const [c, expected] of inDoubles(head, NORM).entries())
          expect(Math.abs((out[c] ?? 0) - Math.max(-32_767, Math.min(32_767, expected)))).toBeLessThan(0.51)
      }
  })

  test('vector: equal values, zeros, one value alone at the bound', () => {
    expect([...headNormRow(Int32Array.of(0, 0, 0, 0), NORM)]).toEqual([0, 0, 0, 0])
    expect([...headNormRow(Int32Array.of(3, 3, -3, -3), NORM)]).toEqual([16_161, 8081, -16_161, 16_161])
    expect([...headNormRow(Int32Array.of(32_767, 0, 0, 0), NORM)]).toEqual([32_767, 0, 0, 0])
    expect([...headNormRow(Int32Array.of(0, 0, 0, 32_767), NORM)]).toEqual([0, 0, 0, -32_767])
  })
})
