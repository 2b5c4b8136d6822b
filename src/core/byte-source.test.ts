// Bytes in one piece and in several answer alike.
import { describe, expect, test } from 'vitest'
import { bytesSource, partsSource } from './byte-source.ts'

const bytes = Uint8Array.from({ length: 20 }, (_, i) => i)
const parts = [bytes.subarray(0, 7), bytes.subarray(7, 7), bytes.subarray(7, 8), bytes.subarray(8)]

describe.each([
  ['in one piece', bytesSource(bytes)],
  ['in parts', partsSource(parts)],
])('%s', (_, source) => {
  test('default: every stretch of it', async () => {
    expect(source.sizeBytes).toBe(20)
    for (let from = 0; from <= 20; from++)
      for (let to = from; to <= 20; to++) expect(await source.read(from, to - from)).toEqual(bytes.slice(from, to))
  })

  test('limit: the end accepted, past it refused', async () => {
    await expect(source.read(20, 1)).rejects.toThrow('past 20')
    await expect(source.read(-1, 1)).rejects.toThrow('past 20')
  })
})

test('behaviour: no parts are no bytes', async () => {
  expect(await partsSource([]).read(0, 0)).toEqual(new Uint8Array(0))
})
