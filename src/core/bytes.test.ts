import { describe, expect, test } from 'vitest'
import {
  Base64urlError,
  HexError,
  bytesOf,
  concat,
  equals,
  fromBase64url,
  fromHex,
  fromUtf8,
  isHex,
  toBase64url,
  toHex,
  utf8,
} from './bytes.ts'

const every = Uint8Array.from({ length: 256 }, (_, i) => i)

describe('hex', () => {
  test('default', () => {
    expect(toHex(Uint8Array.of(0, 15, 255))).toBe('000fff')
    expect(fromHex(toHex(every))).toEqual(every)
    expect(isHex('')).toBe(true)
  })

  test('limit: 2 bytes accepted, 1 and 3 refused', () => {
    expect(fromHex('abcd', 2)).toEqual(Uint8Array.of(0xab, 0xcd))
    for (const text of ['ab', 'abcdef']) expect(() => fromHex(text, 2)).toThrow(HexError)
  })

  test.each(['AB', 'a', '0x', 'ab\n', ' ab', 'ag', '٠٠'])('error: Hex for %j', (text) => {
    expect(() => fromHex(text)).toThrow(HexError)
  })
})

describe('base64url', () => {
  test('vector: RFC 4648 section 10', () => {
    const texts = ['', 'Zg', 'Zm8', 'Zm9v', 'Zm9vYg', 'Zm9vYmE', 'Zm9vYmFy']
    texts.forEach((text, length) => {
      expect(toBase64url(utf8('foobar'.slice(0, length)))).toBe(text)
      expect(fromUtf8(fromBase64url(text))).toBe('foobar'.slice(0, length))
    })
    expect(fromBase64url(toBase64url(every))).toEqual(every)
  })

  test.each(['Z', 'Zg==', 'Zh', 'Zm9', '+/', 'Zm 8', 'Zg\n'])('error: Base64url for %j', (text) => {
    expect(() => fromBase64url(text)).toThrow(Base64urlError)
  })
})

test('behaviour: ill-formed UTF-8 is refused and a byte order mark kept', () => {
  expect(() => fromUtf8(Uint8Array.of(0xc0, 0x80))).toThrow(TypeError)
  expect(() => fromUtf8(Uint8Array.of(0xed, 0xa0, 0x80))).toThrow(TypeError)
  expect(fromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 65))).toBe('\ufeffA')
})

test('behaviour: joins, compares and views without surprises', () => {
  expect(concat(Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3))).toEqual(Uint8Array.of(1, 2, 3))
  expect(equals(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true)
  expect(equals(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false)
  expect(equals(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false)
  const words = new Uint16Array([1, 0x0203, 4]).subarray(1, 2)
  expect(bytesOf(words)).toEqual(Uint8Array.of(3, 2))
})
