// The loss of a token in integers against logarithms in doubles.
import { expect, test } from 'vitest'
import { randomInt, seededRandom } from '#core/random.ts'
import { log2, tokenLoss } from './likelihood.ts'

test('behaviour: within a thousandth of a bit of the softmax in doubles', () => {
  const random = seededRandom('likelihood')
  for (const spread of [1, 2 ** 16, 2 ** 21])
    for (let i = 0; i < 50; i++) {
      const logits = Int32Array.from({ length: 300 }, () => randomInt(random, 2 * spread + 1) - spread)
      const top = Math.max(...logits)
      const total = logits.reduce((sum, z) => sum + Math.exp((z - top) / 65_536), 0)
      const token = randomInt(random, logits.length)
      const expected = Math.log2(total) + ((top - (logits[token] ?? 0)) / 65_536) * Math.LOG2E
      expect(Math.abs(tokenLoss(logits, token) / 65_536 - expected)).toBeLessThan(1e-3)
    }
})

test('limit: logits at their bounds', () => {
  expect(tokenLoss(Int32Array.of(2 ** 30, -(2 ** 30)), 0)).toBe(0)
  expect(tokenLoss(Int32Array.of(2 ** 30, -(2 ** 30)), 1)).toBe(2 ** 31 - 1)
  expect(tokenLoss(Int32Array.of(5, 5, 5, 5), 3)).toBe(2 * 65_536)
})

test('vector: logarithms', () => {
  expect([1, 2, 3, 2 ** 52, 2 ** 53 - 1].map(log2)).toEqual([0, 65_536, 103_872, 52 * 65_536, 53 * 65_536 - 1])
})
