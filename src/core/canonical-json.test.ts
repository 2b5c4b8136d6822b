import { utf8 } from './bytes.ts'
import type { PlainValue } from './signed.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CanonicalJsonError, decodeCanonicalJson, encodeCanonicalJson } from './canonical-json.ts'

const BOUNDS = { maxBytes: 1000, maxDepth: 4 }

describe('canonical JSON', () => {
  test('default: sorted keys, two spaces, a newline at the end', () => {
    const text = '{\n  "a": [\n    1,\n    null\n  ],\n  "b": "é"\n}\n'
    expect(encodeCanonicalJson({ b: 'é', a: [1, null] })).toEqual(utf8(text))
    expect(decodeCanonicalJson(utf8(text), BOUNDS)).toEqual({ a: [1, null], b: 'é' })
  })

  test('behaviour: every value comes back, whatever the order of its keys', () => {
    const scalar = fc.oneof(fc.string({ unit: 'grapheme' }), fc.maxSafeInteger(), fc.boolean(), fc.constant(null))
    const { value } = fc.letrec<{ value: PlainValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        scalar,
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(fc.string(), tie('value'), { maxKeys: 4 }),
      ),
    }))
    fc.assert(
      fc.property(value, (original) => {
        // -0 is refused, as it has no text of its own.
        fc.pre(!Object.is(original, -0))
        const bytes = encodeCanonicalJson(original)
        const back = decodeCanonicalJson(bytes, { maxBytes: 100_000, maxDepth: 10 })
        expect(encodeCanonicalJson(back)).toEqual(bytes)
        expect(JSON.parse(JSON.stringify(back))).toEqual(JSON.parse(JSON.stringify(original)))
      }),
    )
  })

  test.each([
    ['{"a":1}\n', 'spacing'],
    ['{\n  "b": 1,\n  "a": 2\n}\n', 'order'],
    ['{\n  "a": 1,\n  "a": 1\n}\n', 'a key twice'],
    ['{\n  "a": 1\n}', 'no newline'],
    ['{\n  "a": 1\n}\n\n', 'two newlines'],
    ['{\n  "a": 1.0\n}\n', 'a fraction of nothing'],
    ['{\n  "a": 1e0\n}\n', 'an exponent'],
    ['{\n  "a": -0\n}\n', 'minus zero'],
    ['{\n  "a": 0.5\n}\n', 'a fraction'],
    ['{\n  "a": 9007199254740992\n}\n', 'an integer past 2^53'],
    ['{\n  "\\u0061": 1\n}\n', 'an escape that is not needed'],
    ['{\n  "a": "\\ud800"\n}\n', 'half a surrogate'],
    ['\ufeff{\n  "a": 1\n}\n', 'a byte order mark'],
    ['', 'nothing'],
    ['{\n  "a": ', 'half of it'],
  ])('error: %j (%s)', (text) => {
    expect(() => decodeCanonicalJson(utf8(text), BOUNDS)).toThrow(CanonicalJsonError)
  })

  test('error: bytes that are not UTF-8', () => {
    expect(() => decodeCanonicalJson(Uint8Array.of(0x22, 0xff, 0x22, 0x0a), BOUNDS)).toThrow(CanonicalJsonError)
  })

  test('behaviour: a key named __proto__ is a key', () => {
    const text = '{\n  "__proto__": {\n    "a": 1\n  }\n}\n'
    const value = decodeCanonicalJson(utf8(text), BOUNDS)
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect(encodeCanonicalJson(value)).toEqual(utf8(text))
  })

  test('limit: 4 levels accepted, 5 refused; brackets in text do not count', () => {
    const nested = (depth: number): PlainValue => (depth === 0 ? '[[[{"' : [nested(depth - 1)])
    expect(decodeCanonicalJson(encodeCanonicalJson(nested(4)), BOUNDS)).toEqual(nested(4))
    expect(() => decodeCanonicalJson(encodeCanonicalJson(nested(5)), BOUNDS)).toThrow('nested deeper than 4')
    expect(() => decodeCanonicalJson(utf8('['.repeat(999)), BOUNDS)).toThrow('nested deeper')
  })

  test('limit: 1000 bytes accepted, 1001 refused', () => {
    expect(decodeCanonicalJson(encodeCanonicalJson('x'.repeat(997)), BOUNDS)).toHaveLength(997)
    expect(() => decodeCanonicalJson(encodeCanonicalJson('x'.repeat(998)), BOUNDS)).toThrow('more than 1000')
  })
})
