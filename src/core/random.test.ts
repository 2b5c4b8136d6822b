import { describe, expect, test } from 'vitest'
import { concat, toHex, utf8 } from './bytes.ts'
import { sha256 } from './digest.ts'
import { type Random, randomInt, seededRandom, shuffled, systemRandom } from './random.ts'

/** A source that hands out `words` one by one, as views into a larger buffer. */
function scripted(words: readonly number[]): Random {
  const left = [...words]
  return {
    bytes(length) {
      const room = new Uint8Array(64)
      new DataView(room.buffer).setUint32(8, left.shift() ?? 0)
      return room.subarray(8, 8 + length)
    },
  }
}

describe('seeded', () => {
  test('default', () => {
    const counter = new Uint8Array(8)
    const first = sha256(utf8('commonwatt/random/v1\0'), sha256(utf8('seed')), counter)
    expect(toHex(seededRandom('seed').bytes(32))).toBe(toHex(first))
  })

  test('behaviour: how the bytes are asked for does not change them', () => {
    const whole = seededRandom('seed').bytes(100)
    const source = seededRandom(utf8('seed'))
    const pieces = [0, 1, 31, 32, 33, 3].map((length) => source.bytes(length))
    expect(concat(...pieces)).toEqual(whole)
  })

  test('behaviour: other seeds give other bytes', () => {
    expect(seededRandom('a').bytes(32)).not.toEqual(seededRandom('b').bytes(32))
  })
})

describe('system', () => {
  test.each([0, 1, 65_536, 65_537, 200_000])('limit: %d bytes in one call', (length) => {
    const bytes = systemRandom.bytes(length)
    expect(bytes).toHaveLength(length)
    // 64 zero bytes in a row at the end would mean that a block was left unfilled.
    if (length > 64) expect(bytes.subarray(length - 64).some((byte) => byte !== 0)).toBe(true)
  })
})

describe('randomInt', () => {
  test('behaviour: words past the last whole multiple of the bound are rejected', () => {
    expect(randomInt(scripted([2 ** 32 - 1, 7]), 3)).toBe(1)
    expect(randomInt(scripted([2 ** 32 - 2]), 3)).toBe(2)
    expect(randomInt(scripted([2 ** 32 - 1]), 2 ** 32)).toBe(2 ** 32 - 1)
  })

  test('behaviour: every value below the bound turns up', () => {
    const random = seededRandom('values')
    const counts = new Array<number>(7).fill(0)
    for (let i = 0; i < 7000; i++) {
      const value = randomInt(random, 7)
      counts[value] = (counts[value] ?? 0) + 1
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })

  test('limit: bounds 1 and 2^32 accepted, 0 and 2^32 + 1 refused', () => {
    expect(randomInt(seededRandom('one'), 1)).toBe(0)
    expect(randomInt(seededRandom('all'), 2 ** 32)).toBeLessThan(2 ** 32)
    for (const bound of [0, -1, 1.5, Number.NaN, 2 ** 32 + 1])
      expect(() => randomInt(seededRandom('x'), bound)).toThrow(RangeError)
  })
})

test('behaviour: a shuffle keeps every item, leaves its input alone and depends on the seed alone', () => {
  const items = Array.from({ length: 100 }, (_, i) => i)
  const once = shuffled(seededRandom('deck'), items)
  expect(shuffled(seededRandom('deck'), items)).toEqual(once)
  expect(once).not.toEqual(items)
  expect(once.toSorted((a, b) => a - b)).toEqual(items)
  expect(items[0]).toBe(0)
  const firsts = Array.from({ length: 600 }, (_, i) => shuffled(seededRandom(`deck ${i}`), ['a', 'b', 'c'])[0])
  for (const letter of ['a', 'b', 'c'])
    expect(Math.abs(firsts.filter((first) => first === letter).length - 200)).toBeLessThan(60)
})
