// The container on its own: what comes back, each bound from both sides, and files that lie.
import { describe, expect, test } from 'vitest'
import { type ByteSource, bytesSource } from '#core/byte-source.ts'
import { bytesOf, concat, utf8 } from '#core/bytes.ts'
import {
  MAX_GGUF_ALIGNMENT,
  MAX_GGUF_ARRAY,
  MAX_GGUF_NAME_BYTES,
  MAX_GGUF_TENSORS,
  MAX_GGUF_TEXT_BYTES,
  MAX_GGUF_VALUES,
  isGguf,
  openGguf,
} from './gguf.ts'
import { type GgufTensorData, type GgufWritable, encodeGguf } from './gguf.fixture.ts'

const floats = (...values: number[]) => bytesOf(Float32Array.from(values))
const a: GgufTensorData = { name: 'a', type: 'F32', shape: [2, 3], bytes: floats(1, 2, 3, 4, 5, 6) }
const b: GgufTensorData = { name: 'b', type: 'F16', shape: [4], bytes: new Uint8Array(8).fill(60) }

const open = (metadata: Record<string, GgufWritable>, tensors: GgufTensorData[] = [a, b]) =>
  openGguf(bytesSource(encodeGguf(metadata, tensors)))

const u32 = (value: number) => bytesOf(Uint32Array.of(value))
const u64 = (value: number | bigint) => bytesOf(BigUint64Array.of(BigInt(value)))
const text = (value: string) => concat(u64(utf8(value).length), utf8(value))
const head = (tensors: number | bigint, values: number | bigint) =>
  concat(utf8('GGUF'), u32(3), u64(tensors), u64(values))
const raw = (...parts: Uint8Array[]) => openGguf(bytesSource(concat(...parts)))
const described = (name: string, dims: (number | bigint)[], type: number, offset: number | bigint) =>
  concat(text(name), u32(dims.length), ...dims.map((dim) => u64(dim)), u32(type), u64(offset))
/** A file of tensors alone, the data beginning at the next multiple of 32. */
const file = (data: number, ...descriptions: Uint8Array[]) => {
  const header = concat(head(descriptions.length, 0), ...descriptions)
  return openGguf(bytesSource(concat(header, new Uint8Array((-header.length & 31) + data))))
}

describe('opening GGUF', () => {
  test('default: values and tensors come back, shapes outermost first', async () => {
    const opened = await open({
      text: 'žluť',
      yes: true,
      count: { u32: 7 },
      ratio: { f32: 0.5 },
      list: ['x', ''],
      numbers: Int32Array.of(-1, 2),
      none: [],
    })
    expect(Object.fromEntries(opened.metadata)).toEqual({
      text: 'žluť',
      yes: true,
      count: 7,
      ratio: 0.5,
      list: ['x', ''],
      numbers: [-1, 2],
      none: [],
    })
    const [first, second] = [...opened.tensors.values()]
    expect(first).toMatchObject({ name: 'a', shape: [2, 3], type: { name: 'F32' } })
    expect(second).toMatchObject({ name: 'b', shape: [4], sizeBytes: 8 })
    if (first === undefined) throw new Error('No tensor.')
    expect(await opened.readFloats(first)).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6))
  })

  test('option: version 2, other types of numbers, another alignment', async () => {
    const values = [
      [0, Uint8Array.of(255), 255],
      [1, Uint8Array.of(255), -1],
      [2, bytesOf(Uint16Array.of(65_535)), 65_535],
      [3, bytesOf(Int16Array.of(-2)), -2],
      [10, u64(2 ** 40), 2 ** 40],
      [11, bytesOf(BigInt64Array.of(-5n)), -5],
      [12, bytesOf(Float64Array.of(1e-300)), 1e-300],
    ] as const
    const entries = values.map(([type, bytes], i) => concat(text(`${i}`), u32(type), bytes))
    const header = concat(utf8('GGUF'), u32(2), u64(0), u64(entries.length), ...entries)
    const opened = await openGguf(bytesSource(header))
    expect([...opened.metadata.values()]).toEqual(values.map(([, , value]) => value))
    const aligned = concat(head(1, 1), text('general.alignment'), u32(4), u32(64), described('a', [1], 0, 0))
    const data = new Uint8Array((-aligned.length & 63) + 4)
    const placed = await openGguf(bytesSource(concat(aligned, data)))
    expect((placed.tensors.get('a')?.offset ?? 1) % 64).toBe(0)
  })

  test('behaviour: a header longer than what is read at first', async () => {
    const list = Array.from({ length: 300 }, (_, i) => `${i}`.padEnd(10_000, '.'))
    expect((await open({ list })).metadata.get('list')).toEqual(list)
  })

  test('behaviour: only files that begin like one are one', async () => {
    expect(await isGguf(bytesSource(encodeGguf({}, [])))).toBe(true)
    expect(await isGguf(bytesSource(utf8('GGU')))).toBe(false)
    expect(await isGguf(bytesSource(new Uint8Array(100)))).toBe(false)
  })
})

/** A file of terabytes that is never read past its first bytes. */
const endless = (start: Uint8Array): ByteSource => ({
  sizeBytes: 2 ** 45,
  async read(offset, length) {
    if (length > 2 ** 28) throw new RangeError('Far too much is read.')
    const bytes = new Uint8Array(length)
    bytes.set(start.subarray(offset, offset + length))
    return bytes
  },
})
const lie = (...parts: Uint8Array[]) => openGguf(endless(concat(...parts)))
const pair = (key: string, type: number, ...value: Uint8Array[]) => concat(head(0, 1), text(key), u32(type), ...value)

describe('limits', () => {
  test.each([
    ['values', MAX_GGUF_VALUES, () => head(0, MAX_GGUF_VALUES + 1)],
    ['tensors', MAX_GGUF_TENSORS, () => head(MAX_GGUF_TENSORS + 1, 0)],
    ['elements of "k"', MAX_GGUF_ARRAY, () => pair('k', 9, u32(0), u64(MAX_GGUF_ARRAY + 1))],
    ['bytes', MAX_GGUF_TEXT_BYTES, () => pair('k', 8, u64(MAX_GGUF_TEXT_BYTES + 1))],
    ['bytes', MAX_GGUF_NAME_BYTES, () => concat(head(0, 1), u64(MAX_GGUF_NAME_BYTES + 1))],
  ])('limit: more %s than %i refused before they are read', async (what, max, start) => {
    await expect(lie(start())).rejects.toThrow(`${max + 1} ${what}`)
  })

  test('limit: a text and a name at their bounds accepted', async () => {
    const key = 'k'.repeat(MAX_GGUF_NAME_BYTES)
    const opened = await open({ [key]: 'x'.repeat(MAX_GGUF_TEXT_BYTES) })
    expect(opened.metadata.get(key)).toHaveLength(MAX_GGUF_TEXT_BYTES)
  })

  test('limit: values, an array and an alignment at their bounds accepted', async () => {
    const many = Object.fromEntries(Array.from({ length: MAX_GGUF_VALUES }, (_, i) => [`${i}`, true]))
    expect((await open(many)).metadata.size).toBe(MAX_GGUF_VALUES)
    const long = pair('k', 9, u32(7), u64(MAX_GGUF_ARRAY), new Uint8Array(MAX_GGUF_ARRAY))
    expect((await raw(long)).metadata.get('k')).toHaveLength(MAX_GGUF_ARRAY)
    await raw(pair('general.alignment', 4, u32(MAX_GGUF_ALIGNMENT)))
    await expect(raw(pair('general.alignment', 4, u32(MAX_GGUF_ALIGNMENT + 8)))).rejects.toThrow('alignment')
  })

  test('limit: a header without end is given up', async () => {
    const texts = pair('k', 9, u32(8), u64(MAX_GGUF_ARRAY))
    const source: ByteSource = {
      ...endless(texts),
      // Every text claims to be one MiB long.
      async read(offset, length) {
        const bytes = new Uint8Array(length)
        const view = new DataView(bytes.buffer)
        bytes.set(texts.subarray(offset))
        for (let at = texts.length; at + 8 <= length; at += 8 + 2 ** 20) view.setUint32(at, 2 ** 20, true)
        return bytes
      },
    }
    await expect(openGguf(source)).rejects.toThrow('longer than 67108864 bytes')
  })
})

describe('files that lie', () => {
  test.each([
    ['nothing', () => raw(new Uint8Array(3)), 'too few'],
    ['another magic', () => raw(utf8('GGML'), new Uint8Array(40)), '"GGUF"'],
    ['version 1', () => raw(utf8('GGUF'), u32(1), new Uint8Array(40)), 'version 1'],
    ['the other end first', () => raw(utf8('GGUF'), u32(0x0300_0000), new Uint8Array(40)), 'big-endian'],
    ['tensors that do not fit', () => raw(head(50_000, 0)), '50000 tensors in a file of 24'],
    ['values that do not fit', () => raw(head(0, 1000)), '1000 values'],
    ['an array that does not fit', () => raw(pair('k', 9, u32(8), u64(1000))), '1000 elements'],
    ['a text past the end', () => raw(pair('k', 8, u64(1000)), new Uint8Array(20)), 'ends after'],
    ['a length of 2^64 - 1', () => raw(pair('k', 8, u64(2n ** 64n - 1n)), new Uint8Array(20)), '18446744073709551615'],
    ['an integer past 2^53', () => raw(pair('k', 10, u64(2n ** 53n)), new Uint8Array(20)), 'past 2^53'],
    ['arrays in arrays', () => raw(pair('k', 9, u32(9), u64(1)), new Uint8Array(20)), 'arrays in the array'],
    ['an unknown type of value', () => raw(pair('k', 13, new Uint8Array(20))), 'unknown type 13'],
    ['an unknown type of element', () => raw(pair('k', 9, u32(99), u64(1)), new Uint8Array(20)), 'unknown type 99'],
    ['text that is no UTF-8', () => raw(pair('k', 8, u64(1), Uint8Array.of(0xff))), 'not UTF-8'],
    ['a key twice', () => raw(head(0, 2), ...[1, 2].flatMap(() => [text('k'), u32(0), Uint8Array.of(1)])), 'twice'],
    ['a tensor twice', () => open({}, [a, a]), '"a" twice'],
    ['an alignment of text', () => open({ 'general.alignment': 'x' }), 'alignment'],
    ['an alignment of 0', () => raw(pair('general.alignment', 4, u32(0))), 'alignment'],
    ['five dimensions', () => file(4, described('a', [1, 1, 1, 1, 1], 0, 0)), '5 dimensions'],
    ['a tensor past the end', () => file(4, described('a', [2], 0, 0)), 'bytes of'],
    ['sizes whose product overflows', () => file(4, described('a', [2 ** 40, 2 ** 40], 0, 0)), 'values in a file'],
    ['sizes past 2^53', () => file(4, described('a', [2n ** 63n], 0, 0)), '9223372036854775808'],
    ['a tensor that begins late', () => file(64, described('a', [1], 0, 32)), 'is next'],
    ['overlapping tensors', () => file(64, described('a', [9], 0, 0), described('b', [1], 0, 32)), 'is next'],
    ['a hole', () => file(128, described('a', [1], 0, 0), described('b', [1], 0, 64)), 'is next'],
    ['bytes behind the last tensor', () => file(64, described('a', [1], 0, 0)), 'bytes of'],
    ['half a block', () => file(34, described('a', [31], 8, 0)), 'blocks of 32'],
  ])('error: %s', async (_, opened, part) => {
    await expect(opened()).rejects.toMatchObject({ kind: 'input', message: expect.stringContaining(part) as string })
  })

  test.each([
    [10, 'Q2_K'],
    [29, 'IQ1_M'],
    [4, 'number 4'],
    [0xffff_ffff, 'number 4294967295'],
  ])('error: type %i', async (type, part) => {
    await expect(file(256, described('a', [256], type, 0))).rejects.toThrow(`"a" has the type ${part}; F32, F16`)
  })
})
