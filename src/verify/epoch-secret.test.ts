import { describe, expect, test } from 'vitest'
import { seededRandom } from '#core/random.ts'
import {
  MAX_CHAIN_LENGTH,
  chainOf,
  chainSeed,
  drawEpochOf,
  earlierSecret,
  secretOf,
  verifyEpochSecret,
} from './epoch-secret.ts'

const seed = chainSeed(seededRandom('epoch-secret'))
const chain = chainOf(seed, { first: 100, length: 8, periodMs: 60_000 })

describe('epoch secret', () => {
  test('default', () => {
    for (let epoch = 100; epoch < 108; epoch++)
      expect(verifyEpochSecret({ epoch, secret: secretOf(seed, chain, epoch) }, chain)).toBe(true)
    expect(secretOf(seed, chain, 107)).toBe(seed)
    expect(drawEpochOf(60_000 * 7 + 59_999, chain)).toBe(7)
  })

  test('behaviour: a secret gives those before it and no later ones', () => {
    const revealed = { epoch: 105, secret: secretOf(seed, chain, 105) }
    expect(earlierSecret(revealed, 101)).toBe(secretOf(seed, chain, 101))
    expect(earlierSecret(revealed, 105)).toBe(revealed.secret)
    expect(() => earlierSecret(revealed, 106)).toThrow(RangeError)
  })

  test('behaviour: the secret of another epoch or chain is refused', () => {
    const secret = secretOf(seed, chain, 103)
    expect(verifyEpochSecret({ epoch: 104, secret }, chain)).toBe(false)
    expect(verifyEpochSecret({ epoch: 103, secret }, { ...chain, anchor: seed })).toBe(false)
  })

  test('limit: the first and last epoch of a chain accepted, those beside them refused', () => {
    expect(() => secretOf(seed, chain, 99)).toThrow(RangeError)
    expect(() => secretOf(seed, chain, 108)).toThrow(RangeError)
    expect(verifyEpochSecret({ epoch: 108, secret: seed }, chain)).toBe(false)
    const far = { epoch: MAX_CHAIN_LENGTH + 5, secret: seed }
    expect(() => earlierSecret(far, 5)).toThrow(RangeError)
    expect(verifyEpochSecret(far, { ...chain, length: MAX_CHAIN_LENGTH + 1 })).toBe(false)
  })
})
