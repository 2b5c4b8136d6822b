import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concat, fromHex, toHex } from './bytes.ts'
import { CborError, type CborValue, MESSAGE_BOUNDS, decodeCbor, encodeCbor } from './cbor.ts'

const nested = (depth: number): CborValue => (depth === 0 ? 0 : [nested(depth - 1)])

describe('canonical form', () => {
  test('vector: RFC 8949 appendix A', () => {
    const vectors: [CborValue, string][] = [
      [0, '00'],
      [23, '17'],
      [24, '1818'],
      [255, '18ff'],
      [256, '190100'],
      [1000, '1903e8'],
      [65_535, '19ffff'],
      [65_536, '1a00010000'],
      [4_294_967_295, '1affffffff'],
      [4_294_967_296, '1b0000000100000000'],
      [1_000_000_000_000, '1b000000e8d4a51000'],
      [18_446_744_073_709_551_615n, '1bffffffffffffffff'],
      [-1, '20'],
      [-1000, '3903e7'],
      [-18_446_744_073_709_551_616n, '3bffffffffffffffff'],
      [false, 'f4'],
      [true, 'f5'],
      [null, 'f6'],
      [Uint8Array.of(1, 2, 3, 4), '4401020304'],
      ['', '60'],
      ['ü', '62c3bc'],
      ['𐅑', '64f0908591'],
      [[], '80'],
      [[1, [2, 3], [4, 5]], '8301820203820405'],
      [{}, 'a0'],
      [{ a: 1, b: [2, 3] }, 'a26161016162820203'],
    ]
    for (const [value, hex] of vectors) {
      expect(toHex(encodeCbor(value))).toBe(hex)
      expect(decodeCbor(fromHex(hex))).toEqual(value)
    }
  })

  test('behaviour: keys sort by their encoding, shorter first', () => {
    const hex = 'a4600061610361620162616102'
    expect(toHex(encodeCbor({ b: 1, aa: 2, a: 3, '': 0 }))).toBe(hex)
    expect(toHex(encodeCbor({ '': 0, a: 3, aa: 2, b: 1 }))).toBe(hex)
  })

  test('behaviour: small bigints and numbers are one value', () => {
    expect(encodeCbor(7n)).toEqual(encodeCbor(7))
    expect(decodeCbor(encodeCbor(2n ** 53n))).toBe(2n ** 53n)
    expect(decodeCbor(encodeCbor(Number.MAX_SAFE_INTEGER))).toBe(Number.MAX_SAFE_INTEGER)
    expect(decodeCbor(encodeCbor(Number.MIN_SAFE_INTEGER))).toBe(Number.MIN_SAFE_INTEGER)
  })

  test('behaviour: the key __proto__ is a key like another', () => {
    const value = JSON.parse('{"__proto__":{"polluted":1}}') as CborValue
    const decoded = decodeCbor(encodeCbor(value)) as Record<string, unknown>
    expect(Object.keys(decoded)).toEqual(['__proto__'])
    expect(decoded['polluted']).toBeUndefined()
  })

  test('behaviour: whatever encodes decodes to the same value and bytes', () => {
    const text = fc.string({ unit: 'binary' }).filter((value) => !value.startsWith('\ufeff'))
    const { value } = fc.letrec<{ value: CborValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom(null, true, false),
        fc.maxSafeInteger().filter((number) => !Object.is(number, -0)),
        fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
        fc.bigInt({ min: -(2n ** 64n), max: -(2n ** 53n) }),
        text,
        fc.uint8Array({ maxLength: 300 }),
        fc.array(tie('value'), { maxLength: 30 }),
        fc.dictionary(text, tie('value'), { maxKeys: 30, noNullPrototype: true }),
      ),
    }))
    fc.assert(
      fc.property(value, (sample) => {
        const bytes = encodeCbor(sample)
        const decoded = decodeCbor(bytes)
        expect(encodeCbor(decoded)).toEqual(bytes)
        expect(decoded).toEqual(sample)
      }),
    )
  })

  test('behaviour: random bytes either fail as CborError or are the encoding of what they decode to', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const value = decodeOrUndefined(bytes)
        if (value !== undefined) expect(toHex(encodeCbor(value))).toBe(toHex(bytes))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('error: Cbor when encoding', () => {
  const values: [string, unknown][] = [
    ['a fraction', 1.5],
    ['NaN', Number.NaN],
    ['infinity', Infinity],
    ['minus zero', -0],
    ['an unsafe integer', 2 ** 53],
    ['2^64', 2n ** 64n],
    ['-2^64 - 1', -(2n ** 64n) - 1n],
    ['undefined', undefined],
    ['undefined in a map', { a: undefined }],
    ['a hole in a list', Array.from({ length: 2 })],
    ['a function', () => 0],
    ['a symbol', Symbol('s')],
    ['a Map', new Map([['a', 1]])],
    ['a Date', new Date(0)],
    ['other typed arrays', new Int32Array(1)],
    ['an ArrayBuffer', new ArrayBuffer(1)],
    ['a lone surrogate', '\ud800'],
    ['a lone surrogate as key', { '\udc00': 1 }],
    ['a byte order mark', '\ufeffa'],
    ['a byte order mark as key', { '\ufeffa': 1 }],
  ]
  test.each(values)('%s', (_, value) => {
    expect(() => encodeCbor(value as CborValue)).toThrow(CborError)
    expect(() => encodeCbor([{ deep: value as CborValue }])).toThrow(CborError)
  })

  test('limit: depth 64 accepted, 65 refused, a cycle refused', () => {
    expect(encodeCbor(nested(64)).length).toBe(65)
    expect(() => encodeCbor(nested(65))).toThrow(CborError)
    const cycle: CborValue[] = []
    cycle.push(cycle)
    expect(() => encodeCbor(cycle)).toThrow(CborError)
  })
})

describe('error: Cbor when decoding', () => {
  const encodings: [string, string][] = [
    ['nothing', ''],
    ['two values', '0000'],
    ['23 in two bytes', '1817'],
    ['255 in three bytes', '1900ff'],
    ['65535 in five bytes', '1a0000ffff'],
    ['2^32 - 1 in nine bytes', '1b00000000ffffffff'],
    ['-24 in three bytes', '390017'],
    ['a text length in two bytes', '780161'],
    ['a byte length in two bytes', '580100'],
    ['a list length in two bytes', '980100'],
    ['a map length in two bytes', 'b801616100'],
    ['keys out of order', 'a2616201616100'],
    ['keys in order of length first (RFC 7049)', 'a26161006062'],
    ['a key twice', 'a2616100616101'],
    ['a number as key', 'a10101'],
    ['bytes as key', 'a1410101'],
    ['a half float', 'f93c00'],
    ['a single float', 'fa3f800000'],
    ['a double float', 'fb3ff0000000000000'],
    ['NaN', 'f97e00'],
    ['undefined', 'f7'],
    ['a simple value', 'e0'],
    ['a simple value in two bytes', 'f8ff'],
    ['false in two bytes', 'f814'],
    ['a date tag', 'c000'],
    ['a bignum tag', 'c24101'],
    ['a tag in two bytes', 'd81800'],
    ['an endless list', '9f00ff'],
    ['an endless map', 'bf616100ff'],
    ['an endless text', '7f6161ff'],
    ['endless bytes', '5f4101ff'],
    ['a break alone', 'ff'],
    ['a reserved length', '1c'],
    ['a head cut off', '19'],
    ['a head cut in its length', '1b000000'],
    ['bytes cut off', '440102'],
    ['text cut off', '6261'],
    ['a list cut off', '8200'],
    ['a map cut off', 'a16161'],
    ['a length of 2^32 - 1 bytes', '5affffffff'],
    ['a length of 2^64 - 1 bytes', '5bffffffffffffffff'],
    ['a list of 2^64 - 1 items', '9bffffffffffffffff'],
    ['a list of 2^32 - 1 items', '9affffffff00'],
    ['a map of 2^63 entries', 'bb8000000000000000'],
    ['overlong UTF-8', '62c080'],
    ['a surrogate in UTF-8', '63eda080'],
    ['UTF-8 cut in a character', '61c3'],
    ['a byte order mark', '64efbbbf61'],
  ]
  test.each(encodings)('%s', (_, hex) => {
    expect(() => decodeCbor(fromHex(hex))).toThrow(CborError)
  })

  test.each([
    ['', 'ends early'],
    ['1b000000', 'ends early'],
    ['440102', 'ends early'],
    ['5bffffffffffffffff', 'ends early'],
    ['8200', 'claims more items than it has bytes'],
    ['9bffffffffffffffff', 'claims more items than it has bytes'],
    ['bb8000000000000000', 'claims more items than it has bytes'],
    ['0000', 'has trailing bytes'],
    ['c000', 'holds a tag'],
    ['fb3ff0000000000000', 'holds a float or a reserved simple value'],
    ['9f00ff', 'holds an indefinite or reserved length'],
  ])('behaviour: %j is stopped before anything is allocated: %s', (hex, problem) => {
    expect(() => decodeCbor(fromHex(hex))).toThrow(`The CBOR message ${problem}.`)
  })

  test('behaviour: the error is hostile and names no content', () => {
    const error = errorOf(() => decodeCbor(fromHex('c000')))
    expect(error).toMatchObject({ name: 'core.Cbor', kind: 'hostile', message: 'The CBOR message holds a tag.' })
  })

  test('behaviour: a million nested lists stop at the bound, not in the stack', () => {
    const bytes = new Uint8Array(1_000_000).fill(0x81)
    bytes[bytes.length - 1] = 0
    expect(() => decodeCbor(bytes)).toThrow(/nested deeper/)
  })
})

describe('bounds', () => {
  const bounds = { maxBytes: 100, maxDepth: 3, maxItems: 10 }

  test('limit: 100 bytes accepted, 101 refused', () => {
    expect(decodeCbor(encodeCbor(new Uint8Array(98)), bounds)).toHaveLength(98)
    expect(() => decodeCbor(encodeCbor(new Uint8Array(99)), bounds)).toThrow(/101 bytes/)
  })

  test('limit: depth 3 accepted, 4 refused, also through maps', () => {
    expect(decodeCbor(encodeCbor(nested(3)), bounds)).toEqual(nested(3))
    expect(() => decodeCbor(encodeCbor(nested(4)), bounds)).toThrow(/deeper than 3/)
    expect(() => decodeCbor(encodeCbor({ a: { b: { c: {} } } }), bounds)).toThrow(/deeper than 3/)
  })

  test('limit: 10 items accepted, 11 refused, keys counted', () => {
    expect(decodeCbor(encodeCbor(Array.from({ length: 9 }, () => 0)), bounds)).toHaveLength(9)
    expect(() => decodeCbor(encodeCbor(Array.from({ length: 10 }, () => 0)), bounds)).toThrow(/more than 10 items/)
    expect(() => decodeCbor(encodeCbor({ a: 1, b: 2, c: 3, d: 4, e: 5 }), bounds)).toThrow(/more than 10 items/)
  })

  test('limit: the bounds of messages on both sides', () => {
    const { maxBytes, maxDepth, maxItems } = MESSAGE_BOUNDS
    expect(decodeCbor(encodeCbor(new Uint8Array(maxBytes - 5)))).toHaveLength(maxBytes - 5)
    expect(() => decodeCbor(encodeCbor(new Uint8Array(maxBytes - 4)))).toThrow(CborError)
    expect(decodeCbor(encodeCbor(nested(maxDepth)))).toEqual(nested(maxDepth))
    expect(() => decodeCbor(encodeCbor(nested(maxDepth + 1)))).toThrow(CborError)
    expect(decodeCbor(encodeCbor(new Array<number>(maxItems - 1).fill(0)))).toHaveLength(maxItems - 1)
    expect(() => decodeCbor(encodeCbor(new Array<number>(maxItems).fill(0)))).toThrow(CborError)
  })

  test('behaviour: siblings do not add to the depth', () => {
    const wide = [[[0]], [[0]], 1]
    expect(decodeCbor(encodeCbor(wide), bounds)).toEqual(wide)
  })
})

test('behaviour: every proper prefix and every extension of a message is refused', () => {
  const bytes = encodeCbor({ list: [1, 'two', Uint8Array.of(3)], map: { a: null, b: -300 } })
  for (let length = 0; length < bytes.length; length++)
    expect(() => decodeCbor(bytes.subarray(0, length))).toThrow(CborError)
  expect(() => decodeCbor(concat(bytes, Uint8Array.of(0)))).toThrow(CborError)
})

function decodeOrUndefined(bytes: Uint8Array): CborValue | undefined {
  try {
    return decodeCbor(bytes)
  } catch (error) {
    expect(error).toBeInstanceOf(CborError)
    return undefined
  }
}

function errorOf(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  return undefined
}
