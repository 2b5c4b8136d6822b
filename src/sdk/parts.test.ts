import { contentId } from '#core/content.ts'
import { leafDigest } from '#core/merkle.ts'
import { seededRandom } from '#core/random.ts'
import { describe, expect, test } from 'vitest'
import { MatrixError, PartError, addressOf, matrixSink, matrixSource } from './parts.ts'

const random = seededRandom('sdk/parts')

describe('matrices in memory', () => {
  test.for([
    [1, 1],
    [255, 257],
    [256, 256],
    [300, 513],
  ] as const)('default: %i x %i goes out in canonical tiles and comes back', async ([rows, cols]) => {
    for (const data of [
      new Int8Array(random.bytes(rows * cols).buffer),
      new Int32Array(random.bytes(4 * rows * cols).buffer),
    ]) {
      const source = matrixSource({ rows, cols, data })
      const { ref, leaves } = await addressOf(source)
      const { matrix, sink } = matrixSink(source.layout)
      for (const [index, leaf] of leaves.entries()) {
        const part = await source.readPart(index)
        expect(leafDigest(part)).toBe(leaf)
        await sink.writePart(index, part)
      }
      expect(matrix).toEqual({ rows, cols, data })
      expect(ref.id).toBe(contentId(source.layout, leaves))
    }
  })

  test('behaviour: tiles are 256 x 256 in row-major order, and so are the rows inside them', async () => {
    const data = new Int32Array(257 * 258).map((_, index) => index)
    const source = matrixSource({ rows: 257, cols: 258, data })
    const lastColumns = new Int32Array((await source.readPart(1)).buffer)
    expect([...lastColumns.subarray(0, 4)]).toEqual([256, 257, 514, 515])
    expect(lastColumns).toHaveLength(512)
    const corner = new Int32Array((await source.readPart(3)).buffer)
    expect([...corner]).toEqual([256 * 258 + 256, 256 * 258 + 257])
  })

  test('behaviour: a view into a larger buffer is read from its offset', async () => {
    const data = new Int8Array(new Uint8Array([9, 9, 1, 2, 3, 4]).buffer, 2)
    expect(await matrixSource({ rows: 2, cols: 2, data }).readPart(0)).toEqual(Uint8Array.of(1, 2, 3, 4))
  })

  test('error: Matrix when the elements do not fill the shape', () => {
    expect(() => matrixSource({ rows: 2, cols: 3, data: new Int8Array(5) })).toThrow(MatrixError)
    expect(() => matrixSink({ form: 'blob', sizeBytes: 5 })).toThrow(MatrixError)
  })

  test('error: Part when a source hands out another size', async () => {
    const layout = { form: 'matrix', dtype: 'i8', rows: 2, cols: 2 } as const
    await expect(addressOf({ layout, readPart: async () => new Uint8Array(3) })).rejects.toThrow(PartError)
  })
})
