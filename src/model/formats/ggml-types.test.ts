// Block types of ggml: each decoder against an encoder written from the same specification, value by value in the order of a row, and
// scales at their extremes.
import { describe, expect, test } from 'vitest'
import { bytesOf } from '#core/bytes.ts'
import { randomInt, seededRandom } from '#core/random.ts'
import { GGML_TYPE_NUMBERS, ggmlType } from './ggml-types.ts'
import { assertFinite, decodePieces } from './floats.ts'
import { encodeFloats, halfBits } from './gguf.fixture.ts'

const type = (name: string) => ggmlType(GGML_TYPE_NUMBERS[name] ?? -1, 'test')
/** Values of blocks; a negative zero counts as zero. */
function decode(name: string, bytes: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const { blockBytes, blockLength, decode: write } = type(name)
  const values = new Float32Array((bytes.length / blockBytes) * blockLength)
  write(bytes, values)
  return values.map((value) => value + 0)
}
const halves = (...values: number[]) => [...bytesOf(Uint16Array.from(values, (value) => halfBits(value)))]
const range = (length: number) => Array.from({ length }, (_, i) => i)
const at = (values: readonly number[], i: number) => values[i] ?? 0

/** Random integers below `limit`, one a value. */
function integers(seed: string, length: number, limit: number): number[] {
  const random = seededRandom(seed)
  return range(length).map(() => randomInt(random, limit))
}

/** Low halves of 16 bytes, then their high halves. */
const nibbles = (q: readonly number[]) => range(16).map((j) => (at(q, j) & 15) | ((at(q, j + 16) & 15) << 4))
const fifths = (q: readonly number[]) => [
  ...bytesOf(Uint32Array.of(q.reduce((bits, v, j) => bits | ((v >> 4) << j), 0))),
]

/** Eight scales and eight minimums of six bits in twelve bytes. */
function packScales(scales: readonly number[], minimums: readonly number[]): number[] {
  const bytes = Array.from({ length: 12 }, () => 0)
  for (let j = 0; j < 4; j++) {
    bytes[j] = at(scales, j) | ((at(scales, j + 4) >> 4) << 6)
    bytes[j + 4] = at(minimums, j) | ((at(minimums, j + 4) >> 4) << 6)
    bytes[j + 8] = (at(scales, j + 4) & 15) | ((at(minimums, j + 4) & 15) << 4)
  }
  return bytes
}

/** Groups of 64: 32 bytes whose low halves are the first 32 values, whose high halves the next. */
const groupNibbles = (q: readonly number[]) =>
  range(128).map((i) => {
    const first = 64 * (i >> 5) + (i & 31)
    return (at(q, first) & 15) | ((at(q, first + 32) & 15) << 4)
  })
/** Bit g of byte l is the fifth bit of value l of group g. */
const groupFifths = (q: readonly number[]) =>
  range(32).map((l) => range(8).reduce((bits, g) => bits | ((at(q, 32 * g + l) >> 4) << g), 0))

/** 6-bit values of a half of 128: quarter by quarter, low halves, high halves, and two high bits each. */
function sixBits(q: readonly number[]): { ql: number[]; qh: number[] } {
  const value = (half: number, quarter: number, l: number) => at(q, 128 * half + 32 * quarter + l)
  const ql = range(128).map((i) => {
    const [half, l, odd] = [i >> 6, i & 31, (i >> 5) & 1]
    return (value(half, odd, l) & 15) | ((value(half, odd + 2, l) & 15) << 4)
  })
  const qh = range(64).map((i) =>
    range(4).reduce((bits, quarter) => bits | ((value(i >> 5, quarter, i & 31) >> 4) << (2 * quarter)), 0),
  )
  return { ql, qh }
}

describe.each([
  ['positive', 0.0625, 0.5],
  ['negative', -0.0625, -0.5],
  ['zero', 0, 0],
  ['the smallest', 2 ** -24, 2 ** -24],
  ['the largest', 65_504, 65_504],
])('scales: %s', (_, d, m) => {
  const expected = (values: number[]) => Float32Array.from(values, (value) => value + 0)
  const bytes = (...parts: number[][]) => Uint8Array.from(parts.flat())

  test('vector: Q4_0, Q4_1, Q5_0, Q5_1', () => {
    const q4 = integers('q4', 32, 16)
    const q5 = integers('q5', 32, 32)
    expect(decode('Q4_0', bytes(halves(d), nibbles(q4)))).toEqual(expected(q4.map((q) => (q - 8) * d)))
    expect(decode('Q4_1', bytes(halves(d, m), nibbles(q4)))).toEqual(expected(q4.map((q) => q * d + m)))
    expect(decode('Q5_0', bytes(halves(d), fifths(q5), nibbles(q5)))).toEqual(expected(q5.map((q) => (q - 16) * d)))
    expect(decode('Q5_1', bytes(halves(d, m), fifths(q5), nibbles(q5)))).toEqual(expected(q5.map((q) => q * d + m)))
  })

  test('vector: Q8_0, two blocks', () => {
    const q = integers('q8', 64, 256).map((value) => value - 128)
    const block = (i: number) => [...halves(d), ...q.slice(32 * i, 32 * i + 32).map((value) => value & 255)]
    expect(decode('Q8_0', bytes(block(0), block(1)))).toEqual(expected(q.map((value) => value * d)))
  })

  test('vector: Q4_K, Q5_K', () => {
    const scales = [63, 0, ...integers('scales', 6, 64)]
    const minimums = [0, 63, ...integers('minimums', 6, 64)]
    const value = (q: number, i: number) => d * at(scales, i >> 5) * q - m * at(minimums, i >> 5)
    const q4 = integers('q4k', 256, 16)
    const q5 = integers('q5k', 256, 32)
    const start = [...halves(d, m), ...packScales(scales, minimums)]
    expect(decode('Q4_K', bytes(start, groupNibbles(q4)))).toEqual(expected(q4.map(value)))
    expect(decode('Q5_K', bytes(start, groupFifths(q5), groupNibbles(q5)))).toEqual(expected(q5.map(value)))
  })

  test('vector: Q6_K', () => {
    const q = integers('q6k', 256, 64)
    const scales = [-128, 127, 0, ...integers('scales6', 13, 256).map((scale) => scale - 128)]
    const { ql, qh } = sixBits(q)
    const block = bytes(
      ql,
      qh,
      scales.map((scale) => scale & 255),
      halves(d),
    )
    expect(decode('Q6_K', block)).toEqual(expected(q.map((value, i) => d * at(scales, i >> 4) * (value - 32))))
  })
})

describe('values', () => {
  test('default: F32, F16 and BF16 are what they are', () => {
    const values = Float32Array.of(1, -2, 0.5, 0, 2 ** -14, 65_504)
    expect(decode('F32', bytesOf(values))).toEqual(values)
    expect(decode('F16', encodeFloats(values, 'F16'))).toEqual(values)
    const short = Float32Array.of(1, -2, 0.5, 2 ** 100)
    const words = Uint16Array.from(new Uint32Array(short.buffer), (word) => word >>> 16)
    expect(decode('BF16', bytesOf(words))).toEqual(short)
  })

  test('behaviour: a tensor longer than a piece is read in pieces of whole blocks', async () => {
    const values = Float32Array.from({ length: 1.25 * 2 ** 20 }, (_, i) => (i % 1000) - 500)
    for (const name of ['F32', 'Q8_0'] as const) {
      const bytes = encodeFloats(values, name)
      const pieces: number[] = []
      const read = async (offset: number, length: number) => {
        pieces.push(length)
        return bytes.slice(offset, offset + length)
      }
      const whole = decode(name, bytes)
      const joined = await decodePieces(bytes.length / type(name).blockBytes, type(name), read)
      expect(joined.every((value, i) => value === whole[i])).toBe(true)
      expect(Math.max(...pieces)).toBeLessThanOrEqual(4 * 2 ** 20)
      expect(pieces.every((length) => length % type(name).blockBytes === 0)).toBe(true)
    }
  })

  test('behaviour: Q8_0 is within half a step of what was written', () => {
    const random = seededRandom('q8')
    const values = Float32Array.from({ length: 256 }, () => (randomInt(random, 2001) - 1000) / 500)
    const back = decode('Q8_0', encodeFloats(values, 'Q8_0'))
    for (const [i, value] of values.entries()) expect(Math.abs((back[i] ?? 0) - value)).toBeLessThan(2 / 127)
  })

  test.each([
    ['Q4_0', 18, [0]],
    ['Q4_1', 20, [0, 2]],
    ['Q5_0', 22, [0]],
    ['Q5_1', 24, [0, 2]],
    ['Q8_0', 34, [0]],
    ['Q4_K', 144, [0, 2]],
    ['Q5_K', 176, [0, 2]],
    ['Q6_K', 210, [208]],
    ['F16', 2, [0]],
  ])('error: infinite and NaN scales of %s', (name, size, places) => {
    expect(type(name).blockBytes).toBe(size)
    for (const place of places)
      for (const word of [0x7c00, 0xfc00, 0x7e00]) {
        const block = new Uint8Array(size)
        new DataView(block.buffer).setUint16(place, word, true)
        expect(() => assertFinite('w', decode(name, block))).toThrow(/holds (?:NaN|-?Infinity) at index \d/)
      }
  })
})
